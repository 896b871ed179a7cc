import { describe, expect, it } from "vitest";
import { explained, keyOf, mutantsOf, mutated, readList, staleOf } from "../scripts/mutation/mutants.mjs";
import { PACKAGES, sourcesOf, suitesFor } from "../scripts/mutation/suites.mjs";

describe("npm run mutation", () => {
  it("has no stale entry in docs/survivors.json", async () => {
    expect(await staleOf(readList())).toEqual([]);
  });

  it("has a reason for each entry", () => {
    for (const { why } of readList()) expect(why).toMatch(/\S+ \S+/);
  });

  it("knows a mutant by its code, on any line", async () => {
    const text = "export class Gate {\n  open(n: number): boolean {\n    return n > 0;\n  }\n}\n";
    const lower = `// A line more.\n${text}`;
    const [above, below] = await Promise.all([mutantsOf("gate.ts", text), mutantsOf("gate.ts", lower)]);
    expect(below.map(keyOf)).toEqual(above.map(keyOf));
    const mutant = below.find(({ mutation }) => mutation === "n > 0 → n >= 0");
    expect(mutant).toMatchObject({ file: "gate.ts", in: "Gate.open", line: "return n > 0;" });
    expect(mutated(lower, mutant!)).toBe(lower.replace("n > 0", "n >= 0"));
  });

  it("distinguishes two equal places in a line", async () => {
    const mutants = await mutantsOf("f.ts", "export const f = (a) => !a + !a;");
    expect(mutants.map(({ mutation }) => mutation)).toEqual(expect.arrayContaining(["!a → a", "!a → a (2)"]));
    expect(new Set(mutants.map(keyOf)).size).toBe(mutants.length);
  });

  it("finds an entry whose code is gone", async () => {
    const place = { file: "packages/event/src/event.ts", in: "Event.set", line: "return 42;" };
    const list = [{ ...place, mutations: ["42 → 41"], why: "nobody asks" }];
    expect(await staleOf(list)).toEqual([...explained(list).keys()]);
  });

  it("skips the texts of errors, and the addition of 0", async () => {
    const text =
      'const FIRST = 0;\nexport function f(at) {\n  if (at) throw new RangeError("no" + at);\n  return at + FIRST;\n}';
    const mutations = (await mutantsOf("f.ts", text)).map(({ mutation }) => mutation);
    expect(mutations).toEqual([expect.stringMatching(/→ \{\}$/), "at → true", "at → false"]);
  });

  it("has tests for every source file", () => {
    for (const file of PACKAGES.flatMap(sourcesOf)) expect(suitesFor(file), file).not.toEqual([]);
  });
});
