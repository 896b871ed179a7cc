/** The commands of the repository, as package.json names them. */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const { scripts } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
  readonly scripts: Readonly<Record<string, string>>;
};

/** The programs behind the commands; `start` shows examples, and takes no options. */
const PROGRAMS = Object.entries(scripts).flatMap(([name, command]) => {
  const program = /\b(?:node|tsx) ((?:scripts|apps)\/\S+\.\w+)/.exec(command)?.[1];
  return program === undefined || name === "start" ? [] : [{ name, program }];
});

describe.concurrent("npm run", () => {
  it("has commands of its own", () => {
    expect(PROGRAMS.map(({ name }) => name)).toEqual(
      expect.arrayContaining(["bench", "docs", "mutation", "sizes", "stress"]),
    );
  });

  it.each(PROGRAMS)("$name explains itself by --help", { timeout: 100_000 }, async ({ program }) => {
    const { stdout } = await promisify(execFile)("npx", ["tsx", program, "--help"], { cwd: ROOT, timeout: 90_000 });
    expect(stdout).toMatch(/npm run/);
  });
});
