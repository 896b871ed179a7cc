// A thread dies while it holds a lock: the next owner gets OwnerDiedError, blocked or awaiting.
import { Lock } from "@x/lock";
import { OwnerDiedError } from "@x/threading";
import { expose, setExceptHook, terminate, Thread } from "@x/thread";
import { flags, LONG, probe, same, thrownBy } from "./probe.mjs";

export async function hold(lock, words, how) {
  lock.acquire();
  Atomics.store(words, 0, 1);
  Atomics.notify(words, 0);
  if (how === "exit") process.exit(3);
  if (how === "throw") queueMicrotask(() => raise());
  if (how === "waits") Atomics.wait(words, 1, 0, 5 * LONG);
  if (how === "computes") for (const end = performance.now() + 2 * LONG; performance.now() < end;);
  if (how === "memory") {
    // Four times the memory of the flags, and less than the machine's.
    for (const all = []; all.length < 5000;) all.push(new Array(10_000).fill(all.length + 0.5));
    throw new Error("there is no limit");
  }
  await new Promise((resolve) => setTimeout(resolve, LONG));
}
export function raise() {
  throw new Error("nobody catches this");
}
expose({ hold });

const [how, isAwaited] = [process.argv[2], process.argv[3] === "awaited"];

await probe(async () => {
  setExceptHook(() => undefined);
  const [lock, words] = [new Lock(), flags()];
  const thread = new Thread({ target: hold, args: [lock, words, how], daemon: true }).start();
  Atomics.wait(words, 0, 0, LONG);
  const killing = how === "waits" || how === "computes";
  const waits = isAwaited ? lock.acquireAsync(LONG).catch((error) => error) : undefined;
  if (killing) terminate(thread);
  const error = isAwaited ? await waits : thrownBy(() => lock.acquire(LONG));
  if (error === false) return "the next owner waits in vain";
  if (error.cause?.message === "there is no limit") return "there is no limit: the thread goes on";
  same(error instanceof OwnerDiedError, true, `that ${String(error)} is an OwnerDiedError`);
  same(thread.join(LONG), true, "join");
});
