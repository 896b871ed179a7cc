/**
 * The bunches of tests about values that threads share: their workers are threads. A Web Worker of the
 * user's own knows no memory of the program, so a value cannot bring a primitive to it.
 */
import { expose, terminate, Thread } from "@x/thread";
import { carryOut } from "../../../packages/testkit/src/bunch-member.mjs";
import type { Answer, Order, PooledWorker } from "../../../packages/testkit/src/bunch-workers.js";

async function member(order: Order): Promise<Answer> {
  let answer: Answer | undefined;
  await carryOut(order, (its) => void (answer = its));
  return answer!;
}

/** A thread for each order; @x/thread uses their workers again. */
export function startThreadAsWorker(): PooledWorker {
  let thread: Thread<Answer> | undefined;
  return {
    post: (order) => {
      thread = new Thread({ target: member, args: [order], daemon: true, name: "bunch" }).start();
    },
    receive: () => {
      if (thread === undefined || thread.isAlive()) return undefined;
      const answer = thread.result(0);
      thread = undefined;
      return answer;
    },
    terminate: async () => {
      if (thread === undefined) return;
      terminate(thread);
      await thread.joinAsync();
    },
  };
}

expose({ member });
