// As unguarded.js, but it awaits something first. In one file each thread would run these lines, too, while it awaits.
import { Thread } from "@x/threading";
import { later } from "./tasks.js";

async function main() {
  await new Promise((resolve) => setTimeout(resolve, 50));
  const thread = await new Thread({ target: later }).startAsync();
  console.log(await thread.resultAsync(10_000));
}

void main();
