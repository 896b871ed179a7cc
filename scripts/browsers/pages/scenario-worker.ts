/** A worker of the scenario "awaits": it blocks. */
import { getIdent, type PrimitiveHandle } from "@x/core";
import { Event } from "@x/event";
import { Lock } from "@x/lock";
import { Semaphore } from "@x/semaphore";

interface Shared {
  readonly lock: PrimitiveHandle;
  readonly event: PrimitiveHandle;
  readonly done: PrimitiveHandle;
  readonly words: Int32Array;
  readonly rounds: number;
}

onmessage = ({ data: { words, rounds, ...shared } }: MessageEvent<Shared>) => {
  const [lock, event, done] = [Lock.from(shared.lock), Event.from(shared.event), Semaphore.from(shared.done)];
  for (let i = 0; i < rounds; i++) lock.with(() => void words[0]!++);
  done.release();
  event.wait();
  Atomics.xor(words, 1, getIdent());
  done.release();
};
