/** Warnings about changes that no other thread sees, because a thread has copies. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { watchdog } from "@x/testkit";
import { describe, expect, it } from "vitest";

watchdog();

const PROGRAM = fileURLToPath(new URL("./lost-changes.program.mjs", import.meta.url));
const WARNING = /\[THREADING_LOST_CHANGE\] Warning: (.*)/g;

/** The warnings of a program. */
function warnings(name: string): string[] {
  const { stderr, status } = spawnSync(process.execPath, [PROGRAM, name], { encoding: "utf8", timeout: 20_000 });
  expect(status).toBe(0);
  return [...stderr.matchAll(WARNING)].map(([, text]) => text!);
}

describe("a thread's change of an argument that holds a primitive", () => {
  it.each([
    ["a class", "of its copy of class Account", "let the class extend SharedObject of @x/shared"],
    ["a plain object", "of its copy of an object", "make it by sharedObject() of @x/shared"],
    ["a list", "of its copy of class Account", "let the class extend SharedObject of @x/shared"],
  ])("causes one warning, which names the cure: %s", (name, what, cure) => {
    const found = warnings(name);
    expect(found).toEqual([expect.stringMatching(/^thread: Thread-\d \(\w+\) changed balance of its copy/)]);
    expect(found[0]).toContain(what);
    expect(found[0]).toContain(cure);
  });

  it.each(["returned", "only read", "shared"])("causes no warning: %s", (name) => {
    expect(warnings(name)).toEqual([]);
  });
});

describe("the starter's change of a field after the start", () => {
  it("causes a warning that names the field and the cure, if the thread's value replaces it", () => {
    expect(warnings("a flag")).toEqual([
      "thread: after its start Thread-1 did not see the change of running, because it has fields of its own, " +
        "and they come back at its end; name it in static shared of the class, or use an Event",
    ]);
  });

  it.each(["a new field", "no field"])("causes no warning: %s", (name) => {
    expect(warnings(name)).toEqual([]);
  });
});
