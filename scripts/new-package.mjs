import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

/** Makes the smallest package, for a new primitive. */
const MODEL = "event";
const COPIED = ["tsconfig.json", "tsup.config.ts", "vitest.config.ts", "LICENSE"];

const HELP = `usage: npm run new-package -- NAME [--no-install]

Makes packages/NAME, shaped like packages/${MODEL}: a primitive that compiles, its test, a README, and a changeset.

NAME          lower-case words with hyphens between them, such as latch or count-down
--no-install  do not run npm install afterwards (which links the package and adds it to package-lock.json)
`;

/** @param {string} message @returns {never} */
function fail(message) {
  console.error(`new-package: ${message}`);
  process.exit(1);
}

/** @returns {{ name: string, install: boolean }} */
function readArguments() {
  let parsed;
  try {
    parsed = parseArgs({
      allowPositionals: true,
      options: { help: { type: "boolean", short: "h" }, "no-install": { type: "boolean" } },
    });
  } catch (error) {
    fail(`${error instanceof Error ? error.message : error}\n\n${HELP}`);
  }
  const { values, positionals } = parsed;
  if (values.help) {
    console.log(HELP);
    process.exit(0);
  }
  const [name, ...others] = positionals;
  if (name === undefined || others.length > 0) fail(`expected one name, got ${positionals.length}\n\n${HELP}`);
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name)) {
    fail(`"${name}" is no name for a package: use lower-case words with hyphens between them, such as count-down`);
  }
  if (existsSync(join(ROOT, "packages", name))) fail(`packages/${name} is there already: choose another name`);
  return { name, install: values["no-install"] !== true };
}

/** @param {string} name */
function manifest(name) {
  const model = JSON.parse(readFileSync(join(ROOT, "packages", MODEL, "package.json"), "utf8"));
  return {
    ...model,
    name: `@x/${name}`,
    version: "0.0.0",
    description: `${pascal(name)} for JavaScript: say here in one line what it does between threads`,
    keywords: ["threading", "threads", "atomics", "sharedarraybuffer", name],
    homepage: model.homepage.replace(`packages/${MODEL}`, `packages/${name}`),
    repository: { ...model.repository, directory: `packages/${name}` },
  };
}

/** @param {string} name */
const pascal = (name) => name.replace(/(^|-)(.)/g, (_, __, letter) => letter.toUpperCase());

/** @param {string} name */
const camel = (name) => pascal(name).replace(/^./, (letter) => letter.toLowerCase());

/** @param {string} name */
const source = (name) => `/**
 * A gate that a thread opens once. Replace this by the contract of your primitive, and its model.
 *
 * Words, from \`at\`
 *   STATE   CLOSED 0   threads wait
 *           OPEN   1   no thread waits any more; never CLOSED again
 *           by any thread, by exchange (followed by its async epoch)
 *
 * Invariants
 *   1. A thread sleeps only while STATE is CLOSED. The thread that opens the gate wakes all waiters.
 */
import { type AsyncOptions, block, checkAsyncOptions, checkTimeout, Deadline, type PrimitiveHandle, placementOf, type MemoryPlacement, registerPrimitive, Primitive, type Steps, suspend, WAITED_ON_WORDS, wake } from "@x/core";

const STATE = 0;

const CLOSED = 0;
const OPEN = 1;

/** A gate: threads wait until a thread opens it. */
export class ${pascal(name)} extends Primitive {
  /** The name of this kind of primitive in messages between threads: package and class. */
  static readonly KIND = "@x/${name} ${pascal(name)}";

  /** The size of a gate in bytes. */
  static readonly BYTES: number = WAITED_ON_WORDS * Int32Array.BYTES_PER_ELEMENT;

  static {
    registerPrimitive(${pascal(name)}, import.meta.url);
  }

  /**
   * Returns the gate of a handle, or the gate in this memory.
   *
   * @throws TypeError if \`place\` is neither a handle nor shared memory; RangeError if a gate would
   *   not fit there
   */
  static from(place: PrimitiveHandle | MemoryPlacement): ${pascal(name)} {
    return new ${pascal(name)}(placementOf(place, ${pascal(name)}));
  }

  /**
   * Makes a closed gate in new memory, or returns the gate in \`place\`. Zeroed memory is a closed
   * gate.
   *
   * @throws TypeError if \`place\` is not shared memory; RangeError if the gate would not fit there
   */
  constructor(place?: MemoryPlacement) {
    super(${pascal(name)}, place);
  }

  /** Opens the gate for good, and wakes all waiters. They see all writes before \`open\`. */
  open(): void {
    if (Atomics.exchange(this.words, this.at + STATE, OPEN) === CLOSED) wake(this.words, this.at + STATE);
  }

  /**
   * Blocks this thread until the gate is open.
   *
   * @param timeout milliseconds; 0 does not wait, Infinity waits for ever
   * @returns true if the gate is open, false if the time ran out first
   * @throws RangeError if timeout is negative or NaN; ThreadError where blocking is forbidden: use {@link waitAsync}
   */
  wait(timeout: number = Infinity): boolean {
    checkTimeout(timeout, "${name}");
    return this.#isOpen() || block(this.waiting(Deadline.after(timeout)), "${name}", "waitAsync()");
  }

  /** {@link wait} for tasks: does not block the event loop. Rejects with \`signal.reason\` on abort. */
  waitAsync(options?: AsyncOptions): Promise<boolean> {
    const { deadline, signal } = checkAsyncOptions(options, "${name}");
    return suspend(this.waiting(deadline), signal);
  }

  toString(): string {
    return \`<${pascal(name)} \${this.place}: \${this.#isOpen() ? "open" : "closed"}>\`;
  }

  /** @internal The slow path. Other generators may run it with \`yield*\`. */
  *waiting(deadline: Deadline): Steps<boolean> {
    while (!this.#isOpen()) {
      if (deadline.expired()) return false;
      yield { words: this.words, index: this.at + STATE, value: CLOSED, deadline };
    }
    return true;
  }

  #isOpen(): boolean {
    return Atomics.load(this.words, this.at + STATE) === OPEN;
  }
}
`;

/** @param {string} name */
const test = (name) => `import { ${pascal(name)} } from "@x/${name}";
import { describe, expect, it } from "vitest";

describe("${pascal(name)}", () => {
  it("is closed at first: a wait returns false after its timeout", async () => {
    const ${camel(name)} = new ${pascal(name)}();
    expect(${camel(name)}.wait(0)).toBe(false);
    expect(${camel(name)}.wait(5)).toBe(false);
    expect(await ${camel(name)}.waitAsync(5)).toBe(false);
  });

  it("lets all waiters and newcomers pass after open()", async () => {
    const ${camel(name)} = new ${pascal(name)}();
    const waiting = [${camel(name)}.waitAsync(), ${camel(name)}.waitAsync()];
    ${camel(name)}.open();
    expect(await Promise.all(waiting)).toEqual([true, true]);
    expect(${camel(name)}.wait()).toBe(true);
  });

  it("is a view of its words", () => {
    const ${camel(name)} = new ${pascal(name)}();
    const twin = ${pascal(name)}.from(${camel(name)}.share());
    twin.open();
    expect(${camel(name)}.wait(0)).toBe(true);
  });

  it("rejects with the reason of an abort", async () => {
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(new ${pascal(name)}().waitAsync({ signal })).rejects.toThrow("enough");
  });
});
`;

/** @param {string} name */
const readme = (name) => `# @x/${name}

Say here in two sentences what it does, and in which cases a reader takes it rather than another primitive.

\`\`\`sh
npm install @x/${name}
\`\`\`

\`\`\`ts
import { ${pascal(name)} } from "@x/${name}";

const ${camel(name)} = new ${pascal(name)}();
${camel(name)}.open();
console.log(${camel(name)}.wait()); // true
\`\`\`

## API

| | |
|---|---|
| \`new ${pascal(name)}(place?)\` | closed; \`place\` is \`{ buffer, byteOffset }\`: your own shared memory, zeroed |
| \`open()\` | opens it for good and wakes all waiters |
| \`wait(timeout = Infinity)\` | blocks until it is open; false if the time (in ms) ran out |
| \`waitAsync(options?)\` | the same without blocking; takes ms or \`{ timeout, signal }\` |
| \`share()\`, \`${pascal(name)}.from(handle)\` | a handle for \`postMessage\`; opens the handle in the other worker |

MIT
`;

/** @param {string} name */
const changeset = (name) => `---
"@x/${name}": minor
---

\`${pascal(name)}\`: say here in one sentence what users can do with it.
`;

const { name, install } = readArguments();
const folder = join(ROOT, "packages", name);
mkdirSync(join(folder, "src"), { recursive: true });
mkdirSync(join(folder, "test"));
for (const file of COPIED) cpSync(join(ROOT, "packages", MODEL, file), join(folder, file));
writeFileSync(join(folder, "package.json"), `${JSON.stringify(manifest(name), null, 2)}\n`);
writeFileSync(join(folder, "src", "index.ts"), `export { ${pascal(name)} } from "./${name}.js";\n`);
writeFileSync(join(folder, "src", `${name}.ts`), source(name));
writeFileSync(join(folder, "test", `${name}.test.ts`), test(name));
writeFileSync(join(folder, "README.md"), readme(name));
writeFileSync(join(ROOT, ".changeset", `new-${name}.md`), changeset(name));
const prettier = join(ROOT, "node_modules", ".bin", "prettier");
execFileSync(prettier, ["--write", "--log-level=warn", folder], { cwd: ROOT, stdio: "inherit" });
if (install) execFileSync("npm", ["install", "--no-audit", "--no-fund"], { cwd: ROOT, stdio: "inherit" });

console.log(`packages/${name} is there. Next:
- npm test -w @x/${name} runs its tests.
- Replace the example in packages/${name}/src/${name}.ts by your primitive.
- Say in .changeset/new-${name}.md what users get.
- CONTRIBUTING.md says how to go on.`);
