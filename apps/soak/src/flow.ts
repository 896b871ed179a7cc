/** The code of fuzz tasks, the same for blocking threads and awaiting tasks. */

/** A wait, in both forms. */
interface Wait {
  readonly block: () => unknown;
  readonly suspend: () => Promise<unknown>;
}

export type Flow<R = void> = Generator<Wait, R, unknown>;

/** Waits in the form chosen by the runner of the flow. */
export function* either<R>(block: () => R, suspend: () => Promise<R>): Flow<R> {
  return (yield { block, suspend }) as R;
}

export function runBlocking<R>(flow: Flow<R>): R {
  let step = flow.next();
  while (step.done !== true) {
    let value: unknown;
    try {
      value = step.value.block();
    } catch (error) {
      step = flow.throw(error);
      continue;
    }
    step = flow.next(value);
  }
  return step.value;
}

export async function runTask<R>(flow: Flow<R>): Promise<R> {
  let step = flow.next();
  while (step.done !== true) {
    let value: unknown;
    try {
      value = await step.value.suspend();
    } catch (error) {
      step = flow.throw(error);
      continue;
    }
    step = flow.next(value);
  }
  return step.value;
}
