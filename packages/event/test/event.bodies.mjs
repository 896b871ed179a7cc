/** The bodies of the threads of event.model.ts. The event lives at word 0. */
import { Event } from "@x/event";

const eventOf = (t) => new Event(t.at(0));

/** Waits. Checks that the wait returns true if the event was set meanwhile. */
export function waiter(t, { timeout = Infinity, times = 1 } = {}) {
  const event = eventOf(t);
  for (let time = 0; time < times; time++) {
    if (event.wait(timeout)) {
      t.add("signalled", 1);
      t.check(t.get("sets") > 0, "true without a set");
    } else {
      t.check(timeout !== Infinity, "gave up without a timeout");
      t.add("late", 1);
    }
  }
}

/** The same in `tasks` concurrent tasks. */
export async function asyncWaiter(t, { timeout = Infinity, tasks = 1, abortable = false } = {}) {
  const event = eventOf(t);
  const one = async () => {
    const signal = abortable ? t.signal() : undefined;
    try {
      if (await event.waitAsync({ timeout, signal })) t.add("signalled", 1);
      else {
        t.check(timeout !== Infinity, "gave up without a timeout");
        t.add("late", 1);
      }
    } catch (error) {
      t.check(abortable && error === signal.reason, `rejected: ${error}`);
      t.add("late", 1);
    }
  };
  await Promise.all(Array.from({ length: tasks }, one));
}

/** Sets the event and clears it at once, `times` times. `forGood`: sets it at the end. */
export function pulser(t, { times = 1, forGood = false } = {}) {
  const event = eventOf(t);
  for (let time = 0; time < times; time++) {
    t.add("sets", 1);
    event.set();
    event.clear();
  }
  if (forGood) setter(t);
}

/** Sets the event. */
export function setter(t) {
  t.add("sets", 1);
  eventOf(t).set();
}
