/** Stored values name shared memory and parcels. This thread tells the supervisor of them, and asks for them. */
import { block, suspend } from "@x/core";
import { LINKED_TAKER, type MemoryKeeper, setMemoryKeeper } from "@x/core/internal";
import { host } from "../platform/host.js";
import { nextMemoryNumbers } from "../table/counters.js";
import { dropArrived, hasLink, sendByLink, sendWithOffer, takeArrived, wantLink } from "./links.js";
import type { LinkOffer } from "../protocol/messages.js";
import { nextQuestion, takeMemories } from "./received-memories.js";
import {
  ask,
  asked,
  canAsk,
  checkSupervisor,
  isLost,
  receiveFromSupervisor,
  supervisorArrived,
  supervisorInThisThread,
} from "./supervisor-client.js";

/** How many numbers a thread draws at once: even if it names memory all the time, it touches the table rarely. */
const NUMBERS = 2 ** 20;

let next = 0;
let end = 0;

const keeper: MemoryKeeper = {
  isReachable: canAsk,

  newNumber() {
    if (next === end) {
      next = nextMemoryNumbers() * NUMBERS;
      end = next + NUMBERS;
    }
    return next++;
  },

  keep(container, memories) {
    const here = supervisorInThisThread();
    // Cloned: this thread's own objects would live while the supervisor keeps them, and so never be let go.
    if (here !== undefined) here.keepMemories(structuredClone(container), structuredClone(memories));
    else ask({ ask: "keep memories", container, memories });
  },

  start: checkSupervisor,

  deposit(container, { number, objects }, taker) {
    if (sendByLink(taker, { number, objects })) return;
    const here = supervisorInThisThread();
    if (here === undefined) {
      const parcel = { number, objects };
      const send = (offer?: LinkOffer): void =>
        ask({ ask: "deposit", container, parcel, offer }, offer === undefined ? [] : [offer.port], objects);
      return taker === LINKED_TAKER ? sendWithOffer(send) : send();
    }
    const moved = structuredClone(objects, { transfer: objects as Transferable[] });
    here.deposit(structuredClone(container), { number, objects: moved });
  },

  hasLink,
  arrived: takeArrived,

  drop(container, numbers) {
    const here = supervisorInThisThread();
    if (here !== undefined) here.dropMemories(container, numbers);
    else if (!isLost()) ask({ ask: "drop memories", container, numbers });
  },

  dropParcel(parcel) {
    if (dropArrived(parcel)) return;
    const here = supervisorInThisThread();
    if (here !== undefined) here.dropParcel(parcel);
    else if (!isLost()) ask({ ask: "drop parcel", parcel });
  },

  letGo(container) {
    const here = supervisorInThisThread();
    if (here !== undefined) here.letGo(container);
    else if (!isLost()) ask({ ask: "let go", container });
  },

  mayFetch(numbers) {
    const here = supervisorInThisThread();
    return here === undefined ? host().arrived === undefined : here.knows(numbers);
  },

  ask(numbers) {
    const here = supervisorInThisThread();
    if (here !== undefined) {
      return { answer: () => here.memories(numbers), answerAsync: () => here.memoriesAsync(numbers) };
    }
    const question = nextQuestion();
    wantLink();
    const steps = asked((reply) => ({ ask: "memories", question, numbers, reply }));
    return {
      answer() {
        block(steps, "thread", "the async form of the method");
        receiveFromSupervisor();
        return takeMemories(question);
      },
      async answerAsync() {
        await suspend(steps, undefined, "thread");
        await supervisorArrived();
        receiveFromSupervisor();
        return takeMemories(question);
      },
    };
  },
};

/** Makes this thread name and find shared memory in stored values. */
export function provideMemories(): void {
  setMemoryKeeper(keeper);
}
