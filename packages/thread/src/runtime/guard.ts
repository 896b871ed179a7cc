/**
 * Refuses starts by a program without a guard. Each thread imports the program, and would start its
 * threads again, without end:
 *
 *     async function main() { await load(); new Thread({ target }).start(); }
 *     main();                                              // without if (isMainThread)
 *
 * So a start throws
 *   - while a module is imported for a thread;
 *   - in code that such an import has begun: the platform follows its promises and callbacks;
 *   - in a worker before its first thread; on a platform that follows nothing, while the worker runs
 *     no thread.
 */
import { ThreadError } from "@x/core";
import { host } from "../platform/host.js";
import { isMainThread } from "../table/layout.js";
import { thisWorker } from "../table/this-worker.js";

const CURE = 'put the code of the main thread behind "if (isMainThread)"';

/** @throws ThreadError if a program without a guard starts a thread */
export function checkGuard(): void {
  if (isMainThread) return;
  const starts = unguarded();
  if (starts !== undefined) throw new ThreadError(`thread: ${starts}, and would do so without end; ${CURE}`);
}

function unguarded(): string | undefined {
  const { importing, isOurs, life } = thisWorker;
  if (importing !== undefined) return `${importing} starts a thread while a thread is importing it`;
  const { evaluation, isOwnWorker } = host();
  if (!isOurs) return isOwnWorker?.() === true ? "a preload starts a thread in a worker of a thread" : undefined;
  const file = evaluation?.file();
  if (file !== undefined) return `${file} goes on after a thread has imported it, and starts a thread there`;
  const isFollowed = evaluation?.followsImports === true;
  if (life === "running" || (life === "between" && isFollowed)) return undefined;
  return "a worker starts a thread while it runs none: a module goes on after a thread has imported it";
}
