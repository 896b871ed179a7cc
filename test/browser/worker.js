// Runs in a Web Worker of the page, and blocks.
import { getIdent } from "@x/core";
import { Event } from "@x/event";
import { Lock } from "@x/lock";
import { Semaphore } from "@x/semaphore";

onmessage = ({ data }) => {
  const [lock, event, done] = [Lock.from(data.lock), Event.from(data.event), Semaphore.from(data.done)];
  for (let i = 0; i < data.rounds; i++) lock.with(() => data.words[0]++);
  done.release();
  event.wait();
  Atomics.xor(data.words, 1, getIdent());
  done.release();
};
