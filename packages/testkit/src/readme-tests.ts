/**
 * Runs the code in a README, so that it stays true.
 *
 *     ```ts run                 runs as a module of its own
 *     ```ts file=latch.mjs      is a file beside the modules that run
 *
 * The comment at the end of a line with `console.log` is its expected output.
 */
import { readFileSync } from "node:fs";
import { basename, dirname } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { runScript } from "./script.js";

interface Block {
  readonly line: number;
  readonly marks: readonly string[];
  readonly code: string;
}

export function readmeTests(url: URL): void {
  const path = fileURLToPath(url);
  const blocks = blocksOf(readFileSync(path, "utf8"));
  const files = Object.fromEntries(
    blocks.flatMap(({ marks, code }) => {
      const file = marks.find((mark) => mark.startsWith("file="))?.slice("file=".length);
      return file === undefined ? [] : [[file, stripped(code)]];
    }),
  );
  const runnable = blocks.filter(({ marks }) => marks.includes("run"));

  describe(`${basename(dirname(path))}/${basename(path)}`, () => {
    it("has code that runs", () => {
      expect(runnable.length).toBeGreaterThan(0);
    });

    it.each(runnable)("line $line prints what its comments promise", async ({ code }) => {
      const ran = await runScript(stripped(code), { files });
      expect(ran).toMatchObject({ stderr: "", status: 0 });
      expect(ran.stdout.split("\n").slice(0, -1)).toEqual(promised(code));
    });
  });
}

function blocksOf(text: string): Block[] {
  const blocks: Block[] = [];
  for (const match of text.matchAll(/^```(?:ts|js)\b(.*)\n([^]*?)^```$/gm)) {
    const line = text.slice(0, match.index).split("\n").length;
    blocks.push({ line, marks: match[1]!.trim().split(/\s+/), code: match[2]! });
  }
  return blocks;
}

/** Removes the types, and rewrites `using` for Node 20. */
function stripped(code: string): string {
  const { outputText, diagnostics } = ts.transpileModule(code, {
    compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022, verbatimModuleSyntax: true },
    reportDiagnostics: true,
  });
  expect(diagnostics?.map(({ messageText }) => messageText)).toEqual([]);
  return outputText;
}

/** The expected output: the comments after `console.log`. */
function promised(code: string): string[] {
  return code.split("\n").flatMap((line) => /console\.log\(.*\/\/ (.*)$/.exec(line)?.[1] ?? []);
}
