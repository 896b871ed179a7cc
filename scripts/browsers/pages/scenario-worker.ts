/** A worker of the scenario "awaits": it blocks. */
import { getIdent } from "@x/core";
import { Event } from "@x/event";
import { Lock } from "@x/lock";
import { Semaphore } from "@x/semaphore";

onmessage = ({ data: { words, rounds, ...shared } }) => {
  const [lock, event, done] = [Lock.from(shared.lock), Event.from(shared.event), Semaphore.from(shared.done)];
  for (let i = 0; i < rounds; i++) lock.with(() => void words[0]++);
  done.release();
  event.wait();
  Atomics.xor(words, 1, getIdent());
  done.release();
};
