// A page with what a thread has computed.
import { Lock, Thread } from "@x/threading";
import { cube } from "./cube.js";

export const dynamic = "force-dynamic";

export default async function Page() {
  let answer;
  try {
    answer = await new Thread({ target: cube, args: [5, new Lock()] }).start().resultAsync(20_000);
  } catch (error) {
    answer = String(error);
  }
  return `answer: ${answer};`;
}
