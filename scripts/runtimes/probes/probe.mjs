// The last line of every probe: "yes", or "no: " and the effect for the user.
import { isMainThread } from "@x/thread";

/** The limit of each wait. */
export const LONG = 10_000;

/** Runs `body` in the main thread. For the answer no, `body` throws or returns the effect. */
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

/** @throws unless both are equal */
export function same(seen, wanted, what) {
  const [a, b] = [seen, wanted].map((value) => (typeof value === "string" ? value : JSON.stringify(value)));
  if (a !== b) throw new Error(`${what} is ${a}, not ${b}`);
}

export function flags(count = 4) {
  return new Int32Array(new SharedArrayBuffer(4 * count));
}

/** The error that `body` throws. */
export function thrownBy(body) {
  try {
    body();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}
