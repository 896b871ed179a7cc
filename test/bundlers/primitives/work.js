import { Event } from "@x/event";
import { Lock } from "@x/lock";
import { Semaphore } from "@x/semaphore";

onmessage = ({ data }) => {
  const lock = Lock.from(data.lock);
  Event.from(data.begin).wait(20_000);
  for (let i = 0; i < data.times; i++) lock.with(() => data.tally[0]++);
  Semaphore.from(data.done).release();
};
