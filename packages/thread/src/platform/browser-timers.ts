/** Counts the timers of this worker: a browser does not list the handles of an event loop. */

const running = new Set<number>();

type SetTimer = (callback: unknown, ...rest: unknown[]) => number;

interface Scope {
  setTimeout: SetTimer;
  setInterval: SetTimer;
  clearTimeout: (id?: number) => void;
  clearInterval: (id?: number) => void;
}

/** The number of running timers. */
export function runningTimers(): number {
  return running.size;
}

/** Counts all timers set from now on. Call it before modules of the user are evaluated. */
export function countTimers(): void {
  const scope = globalThis as unknown as Scope;
  const { setTimeout, setInterval, clearTimeout, clearInterval } = scope;
  scope.setTimeout = (callback, ...rest) => {
    const run = (...args: unknown[]): unknown => {
      running.delete(id);
      return typeof callback === "function" ? Reflect.apply(callback, globalThis, args) : undefined;
    };
    const id: number = setTimeout.call(globalThis, typeof callback === "function" ? run : callback, ...rest);
    running.add(id); // a timer with a text as its code stays counted: its worker runs no further thread
    return id;
  };
  scope.setInterval = (callback, ...rest) => {
    const id = setInterval.call(globalThis, callback, ...rest);
    running.add(id);
    return id;
  };
  const clearing =
    (clear: (id?: number) => void) =>
    (id?: number): void => {
      running.delete(id as number);
      clear.call(globalThis, id);
    };
  scope.clearTimeout = clearing(clearTimeout);
  scope.clearInterval = clearing(clearInterval);
}
