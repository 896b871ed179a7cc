/** Warnings about primitives that a module makes for one thread alone. */
import { runScript, watchdog } from "@x/testkit";
import { describe, expect, it } from "vitest";

watchdog();

const URL_OF = new URL("./module-primitives.program.mjs", import.meta.url).href;
const WARNING =
  /\[THREADING_MODULE_PRIMITIVE\] Warning: thread: each thread that imports a module makes its own (\w+) at (\S+) /g;

/** The class and the line of each warning, if a program starts `threads` threads with this import of a module. */
async function warnings(threads: number, query: string): Promise<string[]> {
  const { stderr, status } = await runScript(`
    const { run } = await import("${URL_OF}?${query}");
    run(${threads});`);
  expect(status).toBe(0);
  return [...stderr.matchAll(WARNING)].map(
    ([, name, place]) => `${name} ${place!.replace(/.*\?/, "").replace(/:\d+$/, "")}`,
  );
}

describe("a primitive made during a thread's import of a module", () => {
  it("causes a warning once per place, for any number of threads, and none in main", async () => {
    expect(await warnings(3, "top")).toEqual(["Lock top:9", "Condition top:10"]);
  });

  it("causes no warning by sharedGlobals(), in the user's memory, or after the thread has begun", async () => {
    expect(await warnings(2, "cured")).toEqual([]);
  });

  it("causes no warning in sharedGlobals() or in a shared object, but beside them, and so does a shared object", async () => {
    expect(await warnings(2, "objects-shared")).toEqual([]);
    const names = (await warnings(2, "objects")).map((warning) => warning.replace(/ .*/, ""));
    expect(names).toEqual(["Lock", "Queue", "Account", "struct", "SharedObject"]);
  });

  it("causes a warning that names the cure", async () => {
    const { stderr } = await runScript(`const { run } = await import("${URL_OF}?top"); run(1);`);
    expect(stderr).toContain("sharedGlobals({ lock: new Lock() }), or pass it as an argument");
  });
});
