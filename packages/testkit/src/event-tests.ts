/**
 * Conformance suite of events: CPython's EventTests in their order, then further semantics of
 * Event.
 */
import { TIMEOUT_MAX } from "@x/core";
import { describe, expect, it } from "vitest";
import { bunch } from "./bunch.js";
import { expectBadTimeoutsRefused, type Sharing, viewOf } from "./primitive.js";
import { expectDuration, LONG } from "./time.js";

export interface EventLike extends Sharing {
  isSet(): boolean;
  set(): void;
  clear(): void;
  wait(timeout?: number): boolean;
}

const N = 5;
const all = <T>(value: T): T[] => Array.from({ length: N }, () => value);

export function eventTests(make: () => EventLike): void {
  describe("EventTests", () => {
    it("B041, S42: a new event is clear; set() sets it, and a second set() changes nothing", () => {
      const event = make();
      expect(event.isSet()).toBe(false);
      event.set();
      expect(event.isSet()).toBe(true);
      event.set();
      expect(event.isSet()).toBe(true);
    });

    it("B042: clear() clears the event, and a second clear() changes nothing", () => {
      const event = make();
      event.set();
      event.clear();
      expect(event.isSet()).toBe(false);
      event.clear();
      expect(event.isSet()).toBe(false);
    });

    it("B043, B044: set() lets all waiters pass, also when they wait again", () => {
      const event = make();
      const others = bunch(
        N,
        (event, me) => {
          me.aboutToWait();
          return [event.wait(), event.wait()];
        },
        [event],
      );
      others.waiting();
      expect(others.done).toBe(0);
      event.set();
      expect(others.join()).toEqual(all([true, true]));
    });

    it("B046, S41: wait(0) of a clear event returns false at once", () => {
      const event = make();
      const results = bunch(
        N,
        (event) => {
          const start = performance.now();
          return { set: event.wait(0), ms: performance.now() - start };
        },
        [event],
      ).join();
      for (const { set, ms } of results) {
        expect(set).toBe(false);
        expect(ms).toBeLessThan(LONG / 10);
      }
    });

    it("B047, S41: a timed wait of a clear event returns false after its timeout", () => {
      const event = make();
      const results = bunch(
        N,
        (event) => {
          const start = performance.now();
          return { set: event.wait(200), ms: performance.now() - start };
        },
        [event],
      ).join();
      for (const { set, ms } of results) {
        expect(set).toBe(false);
        expectDuration(ms, 200);
      }
    });

    it("B048, S41: each wait of a set event returns true at once", () => {
      const event = make();
      event.set();
      const results = bunch(N, (event) => [event.wait(0), event.wait(500), event.wait()], [event]).join();
      expect(results).toEqual(all([true, true, true]));
    });

    it("B049, S40: all waiters pass at set(), also if clear() follows at once", () => {
      const event = make();
      for (let round = 0; round < 5; round++) {
        const others = bunch(
          N,
          (event, timeout, me) => {
            me.aboutToWait();
            return event.wait(timeout);
          },
          [event, LONG],
        );
        others.waiting();
        event.set();
        event.clear();
        expect(others.join()).toEqual(all(true));
        expect(event.isSet()).toBe(false);
      }
    });

    it("B051: the text shows whether the event is set", () => {
      const event = make();
      expect(String(event)).toMatch(/^<Event at 0x[0-9a-f]+: unset>$/);
      event.set();
      expect(String(event)).toMatch(/^<Event at 0x[0-9a-f]+: set>$/);
    });

    it("S05, S07: a bad timeout is refused in every state, and changes nothing", () => {
      const event = make();
      expectBadTimeoutsRefused(event, (timeout) => event.wait(timeout));
      event.set();
      expectBadTimeoutsRefused(event, (timeout) => event.wait(timeout));
      expect(event.isSet()).toBe(true);
    });

    it("S06: wait with undefined, Infinity or TIMEOUT_MAX waits", () => {
      const event = make();
      const others = bunch(
        3,
        (event, timeouts, me) => {
          me.aboutToWait();
          return event.wait(timeouts[me.index]);
        },
        [event, [undefined, Infinity, TIMEOUT_MAX]],
      );
      others.waiting();
      expect(others.done).toBe(0);
      event.set();
      expect(others.join()).toEqual([true, true, true]);
    });

    it("S08: a timed wait lasts its whole timeout despite spurious wake-ups", () => {
      const event = make();
      const others = bunch(
        1,
        (event, me) => {
          me.aboutToWait();
          const start = performance.now();
          return { set: event.wait(200), ms: performance.now() - start };
        },
        [event],
      );
      others.waiting();
      const words = viewOf(event);
      while (others.done === 0) words.forEach((_, at) => Atomics.notify(words, at));
      const [result] = others.join();
      expect(result).toMatchObject({ set: false });
      expectDuration(result!.ms, 200);
    });

    it("S42: a wait after clear() lasts until the next set(); clear() wakes no waiter", () => {
      const event = make();
      event.set();
      event.clear();
      const others = bunch(
        N,
        (event, me) => {
          me.aboutToWait();
          return event.wait();
        },
        [event],
      );
      others.waiting();
      event.clear();
      event.clear();
      others.waiting();
      expect(others.done).toBe(0);
      event.set();
      expect(others.join()).toEqual(all(true));
    });
  });
}
