import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { firstExamples } from "../scripts/consumers/readmes.ts";
import { ROOT } from "./packages.ts";
import { run } from "./run.ts";

it.each(firstExamples())("$readme: the first example runs as pasted", ({ code, prints }) => {
  const folder = mkdtempSync(join(ROOT, "node_modules/.readme-")); // Node finds our packages there
  try {
    writeFileSync(join(folder, "main.mjs"), code);
    const lines = run(folder, process.execPath, "main.mjs").split("\n").slice(0, -1);
    expect(lines.sort()).toEqual([...prints].sort());
  } finally {
    rmSync(folder, { recursive: true });
  }
});

it("README.md: the first program runs as printed, with the output in its comments", () => {
  const readme = readFileSync(join(ROOT, "README.md"), "utf8");
  const [, file, program] = /^`(\w+\.mjs)`:\n\n```js\n([^]*?)^```$/m.exec(readme) ?? [];
  expect(program).toContain("isMainThread");
  const promised = /console\.log\([^\n]*\/\/ (.*)$/m.exec(program!)?.[1];

  const folder = mkdtempSync(join(ROOT, "node_modules/.readme-")); // Node finds our packages there
  try {
    writeFileSync(join(folder, file!), program!);
    const lines = run(folder, process.execPath, file!).split("\n");
    expect(lines.slice(0, 2).sort()).toEqual(["one is done", "two is done"]);
    expect(lines.slice(2)).toEqual([promised, ""]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
