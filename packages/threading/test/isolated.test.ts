/** Places without shared memory: a page that is not isolated, an old browser. */
import { runScript } from "@x/testkit";
import { describe, expect, it } from "vitest";

const PACKAGES = ["core", "lock", "event", "semaphore", "condition", "barrier"];

const MAKES = [
  ...["lock.Lock()", "lock.RLock()", "event.Event()", "semaphore.Semaphore(1)", "semaphore.BoundedSemaphore(1)"],
  ...["condition.Condition()", "barrier.Barrier(2)", "lock.Lock({ buffer: new ArrayBuffer(64) })"],
];

/** Runs a module with the globals of a page instead of Node's. @param page what the page has set */
async function inPage(page: string, body: string): Promise<string[]> {
  const code = `
    process.getBuiltinModule = undefined;
    globalThis.document = {};
    ${page}
    const all = {};
    for (const name of ${JSON.stringify(PACKAGES)}) all[name] = await import("@x/" + name);
    const { ${PACKAGES.join(", ")} } = all;
    ${body}`;
  const { stdout, stderr } = await runScript(code);
  expect(stderr).toBe("");
  return stdout.trim().split("\n");
}

const PRINTS_ERRORS = MAKES.map(
  (make) => `try { new ${make}; console.log("made"); } catch (e) { console.log(String(e)); }`,
);
const BARE = "delete globalThis.SharedArrayBuffer;";

describe("a page that is not cross-origin isolated", () => {
  it("gets the same error from each primitive, which names https and the two headers", async () => {
    const said = await inPage(`${BARE} globalThis.crossOriginIsolated = false;`, PRINTS_ERRORS.join("\n"));
    expect(new Set(said)).toEqual(
      new Set([
        "ThreadError: core: there is no SharedArrayBuffer here; serve the page over https with " +
          "Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp; " +
          "see https://github.com/x-threading/threading/blob/main/docs/isolation.md",
      ]),
    );
    expect(said).toHaveLength(MAKES.length);
  });
});

describe("a browser without SharedArrayBuffer", () => {
  it("is told the versions that have it", async () => {
    const said = await inPage(`${BARE} globalThis.crossOriginIsolated = true;`, PRINTS_ERRORS[0]!);
    expect(said).toEqual([
      "ThreadError: core: there is no SharedArrayBuffer here; use Chrome 92, Firefox 79, Safari 15.2 or later",
    ]);
  });
});

describe("a browser without Atomics.waitAsync", () => {
  it("gets an error that names it from the async form of a held lock, and no other form needs it", async () => {
    const said = await inPage(
      "delete Atomics.waitAsync; globalThis.crossOriginIsolated = true;",
      `const held = new lock.Lock();
       console.log(await held.acquireAsync(), await held.acquireAsync(0));
       await held.acquireAsync().catch((e) => console.log(String(e)));`,
    );
    expect(said).toEqual([
      "true false",
      expect.stringMatching(/^ThreadError: core: this engine has no Atomics.waitAsync, so no task can wait; wait in a/),
    ]);
  });
});

it("an import of the primitives allocates no shared memory in a page", async () => {
  const said = await inPage(
    `let made = 0;
     const { SharedArrayBuffer: Real } = globalThis;
     globalThis.SharedArrayBuffer = class extends Real { constructor(...args) { super(...args); made++; } };`,
    "console.log(made); new lock.Lock(); console.log(made);",
  );
  expect(said).toEqual(["0", "1"]);
});
