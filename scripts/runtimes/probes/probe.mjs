// What every probe says in its last line: "yes", or "no: " and what a user sees instead.
import { isMainThread } from "@x/thread";

/** No wait of a probe is longer. */
export const LONG = 10_000;

/** In the main thread, runs `body`, which throws, or returns what is seen, if the answer is no. */
export async function probe(body) {
  if (!isMainThread) return;
  console.log(await answer(body));
}

export async function answer(body) {
  try {
    const sees = await body();
    return sees === undefined || sees === true ? "yes" : `no: ${sees}`;
  } catch (error) {
    return `no: ${String(error).split("\n")[0]}`;
  }
}

/** @throws unless both are the same */
export function same(seen, wanted, what) {
  const [a, b] = [seen, wanted].map((value) => (typeof value === "string" ? value : JSON.stringify(value)));
  if (a !== b) throw new Error(`${what} is ${a}, not ${b}`);
}

export function flags(count = 4) {
  return new Int32Array(new SharedArrayBuffer(4 * count));
}

/** What `body` throws. */
export function thrownBy(body) {
  try {
    body();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}
