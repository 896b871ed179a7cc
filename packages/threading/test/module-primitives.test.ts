/** What a thread says of primitives that its modules make for it alone. */
import { runScript, watchdog } from "@x/testkit";
import { describe, expect, it } from "vitest";

watchdog();

const URL_OF = new URL("./module-primitives.program.mjs", import.meta.url).href;
const WARNING =
  /\[THREADING_MODULE_PRIMITIVE\] Warning: thread: each thread that imports a module makes its own (\w+) at (\S+) /g;

/** The class and the line of each warning, when a program starts so many threads with this import of a module. */
async function warnings(threads: number, query: string): Promise<string[]> {
  const { stderr, status } = await runScript(`
    const { run } = await import("${URL_OF}?${query}");
    run(${threads});`);
  expect(status).toBe(0);
  return [...stderr.matchAll(WARNING)].map(
    ([, name, place]) => `${name} ${place!.replace(/.*\?/, "").replace(/:\d+$/, "")}`,
  );
}

describe("a primitive that is made while a thread imports a module", () => {
  it("is warned of once for each place, however many threads import it, and not in main", async () => {
    expect(await warnings(3, "top")).toEqual(["Lock top:8", "Condition top:9"]);
  });

  it("is not warned of if it is made by shared(), in memory of the user's, or while the thread runs", async () => {
    expect(await warnings(2, "cured")).toEqual([]);
  });

  it("is told by the cure", async () => {
    const { stderr } = await runScript(`const { run } = await import("${URL_OF}?top"); run(1);`);
    expect(stderr).toContain("shared(import.meta, { lock: () => new Lock() }), or hand it over as an argument");
  });
});
