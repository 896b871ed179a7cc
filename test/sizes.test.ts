/** docs/size.md, and the cuts by which it is measured. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { measured, outdated } from "../scripts/sizes.ts";
import { cut, GONE, weigh } from "../scripts/sizes/bundle.ts";
import { ROOT } from "./packages.ts";

const TIMEOUT_MS = 120_000;

it("docs/size.md is up to date", { timeout: TIMEOUT_MS }, async () => {
  const page = readFileSync(join(ROOT, "docs/size.md"), "utf8");
  const now = await measured(page);
  expect(outdated(page, now)).toEqual([]);
  expect(outdated(page.replace(/^\| `Lock` +\| +\d/m, "$&9"), now)).toEqual(["`Lock`"]);
});

it("a cut replaces a body or a value, or removes a member", () => {
  const text = "const a = 1; function f() { return a; } class C { m() { return 1; } n = 2; }";
  const cuts = { a: "2", f: "{}", "C.m": GONE, "C.n": "3" };
  expect(cut("a.ts", text, cuts)).toBe("const a = 2; function f() {} class C {  n = 3; }");
});

it("a cut of a name that is gone fails", () => {
  expect(() => cut("a.ts", "const a = 1;", { b: "2" })).toThrow("sizes: a.ts has no b; mend scripts/sizes");
});

it("a cut in a file that the program does not use fails", { timeout: TIMEOUT_MS }, async () => {
  const cuts = { "lock/src/rlock.ts": { checkOwned: "{}" } };
  await expect(weigh('import { Event } from "@x/event"; console.log(Event)', { cuts })).rejects.toThrow(
    "sizes: lock/src/rlock.ts is not in the bundle",
  );
});
