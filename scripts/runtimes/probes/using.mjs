// `using`, where the syntax is known. The program is a text, because older runtimes must parse this
// file.
import { Lock } from "@x/lock";
import { answer, same } from "./probe.mjs";

const code = `async (lock) => {
  { using held = lock.hold(); if (!lock.locked()) return "not held"; }
  if (lock.locked()) return "still held";
  { using held = await lock.holdAsync(); if (!lock.locked()) return "not held"; }
  return lock.locked() ? "still held" : "freed";
}`;
console.log(
  await answer(async () => {
    let body;
    try {
      body = (0, eval)(code);
    } catch {
      return "the syntax is not known; TypeScript and bundlers translate it";
    }
    same(await body(new Lock()), "freed", "the lock");
  }),
);
