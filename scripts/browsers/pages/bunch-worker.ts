/** The workers of a bunch, in a browser. Answers go through shared memory: the tests' thread may be blocked. */
import { encode } from "@x/core/internal";
import { carryOut } from "../../../packages/testkit/src/bunch-member.mjs";
import type { Order } from "../../../packages/testkit/src/bunch-workers.js";
import { ANSWER_OFFSET, type Birth, LENGTH } from "./protocol.js";

onmessage = ({ data: { lock, answers } }: MessageEvent<Birth>) => {
  const held = new Promise<void>((resolve) => {
    void navigator.locks.request(lock, () => {
      resolve();
      return new Promise(() => undefined); // until this worker ends
    });
  });
  const answer = (value: unknown): void => {
    const bytes = encode(value);
    if (bytes === undefined) throw new Error("test:browsers: the result of a bunch holds what is not bytes");
    if (answers.byteLength < ANSWER_OFFSET + bytes.length) answers.grow(ANSWER_OFFSET + bytes.length);
    new Uint8Array(answers, ANSWER_OFFSET).set(bytes);
    Atomics.store(new Int32Array(answers, 0, 1), LENGTH, bytes.length);
  };
  onmessage = ({ data: order }: MessageEvent<unknown>) => void held.then(() => carryOut(order as Order, answer));
};
