/** What a thread is started with, on its way to the worker that runs it. */
import { type Callable, checkNoPrivateFields, type Envelope, originOf, pack, type Portable, portable } from "@x/core";
import { inheritance, type Inherited } from "./inherited.js";
import type { Thread } from "./thread.js";
import type { Entry } from "./world.js";

/** The message that starts a thread. */
export interface Start {
  readonly entry: Entry;
  readonly job: Envelope;
}

/** What is inside: packed by {@link packJob}, and as it arrives. */
export interface Job {
  /** The subclass of Thread whose `run` is to be called. */
  readonly Class: Callable | undefined;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly target: Portable | undefined;
  readonly args: readonly unknown[];
  readonly inherited: Inherited;
}

/**
 * Makes ready what the thread is to do.
 *
 * @throws TypeError naming what cannot travel, and the cure
 */
export function packJob(
  thread: Thread,
  base: Callable,
  target: Portable | undefined,
  args: readonly unknown[],
): Envelope {
  const Class = thread.constructor as Callable;
  if (Class !== base) checkExposed(Class, base, thread.name);
  const job: Job = {
    Class: Class === base ? undefined : Class,
    fields: { ...thread },
    target: target && portable(target, "thread"),
    args,
    inherited: inheritance(),
  };
  return pack(job, thread.name);
}

function checkExposed(Class: Callable, base: Callable, name: string): void {
  checkNoPrivateFields(Class, name, base);
  if (originOf(Class) !== undefined) return;
  throw new TypeError(
    `thread: class ${Class.name} was not exposed, so ${name} could not find it; expose(import.meta, { ${Class.name} }) in its module`,
  );
}
