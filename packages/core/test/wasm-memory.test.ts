import { getIdent, registerPrimitive, Primitive } from "@x/core";
import {
  and,
  compareExchange,
  release,
  givePermits,
  load,
  permitsOf,
  tryAcquire,
  takePermit,
  wordsOf,
} from "@x/core/internal";
import type { PrimitiveHandle, MemoryPlacement } from "@x/core";
import { bunch, runScript, watchdog } from "@x/testkit";
import { describe, expect, it } from "vitest";

watchdog();

const WASM_BYTES = 2 ** 20;

class Word extends Primitive {
  static readonly KIND = "core-test Word";
  static readonly BYTES = 20;
  static {
    registerPrimitive(Word, import.meta.url);
  }
  static from(place: PrimitiveHandle | MemoryPlacement): Word {
    return new Word(place);
  }
  constructor(place?: MemoryPlacement) {
    super(Word, place);
  }
  override toString(): string {
    return this.place;
  }
}

const elsewhere = (): Word => new Word({ buffer: new SharedArrayBuffer(Word.BYTES) });

/** For many values of a word: the result of each function with a WebAssembly form, and the word after it. */
function resultsOfAll(word: Word): unknown[] {
  const { words, at } = wordsOf(word);
  const marks = [0, 1, 2, 3];
  const states = [0, 1, getIdent(), 2 ** 29 - 1];
  const acts: (() => unknown)[] = [
    () => tryAcquire(words, at),
    () => release(words, at),
    () => takePermit(words, at),
    () => givePermits(words, at, 1, 2 ** 29 - 1),
    () => permitsOf(words, at),
    () => load(words, at),
    () => and(words, at, 5),
    () => compareExchange(words, at, 4, -2),
  ];
  return states.flatMap((state) =>
    marks.flatMap((mark) =>
      acts.map((act) => {
        words[at] = (state << 2) | mark;
        return [act(), words[at]];
      }),
    ),
  );
}

describe("WebAssembly memory", () => {
  it("holds the primitives of all threads, each on a cache line of its own", async () => {
    const here = Array.from({ length: 50 }, () => new Word().share());
    const there = bunch(
      3,
      async (core, me) => {
        const { Primitive } = (await me.load(core)) as {
          Primitive: new (Class: object) => { share(): PrimitiveHandle };
        };
        class Word extends Primitive {
          static readonly KIND = "core-test Word";
          static readonly BYTES = 20;
        }
        return Array.from({ length: 50 }, () => new Word(Word).share().byteOffset);
      },
      [import.meta.resolve("@x/core")],
      { fresh: true },
    ).join();
    expect(here.every(({ buffer }) => buffer.byteLength === WASM_BYTES)).toBe(true);
    const offsets = [...here.map(({ byteOffset }) => byteOffset), ...there.flat()];
    expect(new Set(offsets).size).toBe(200);
    expect(offsets.every((offset) => offset > 0 && offset % 64 === 0)).toBe(true);
  });

  it("functions of WebAssembly change a word as those of Atomics do", () => {
    expect(resultsOfAll(new Word())).toEqual(resultsOfAll(elsewhere()));
  });

  it("a primitive that arrives by message has the same view", () => {
    const word = new Word();
    const came = Word.from(structuredClone(word.share()));
    expect(wordsOf(came).words).toBe(wordsOf(word).words);
    expect(String(came)).toBe(String(word));
    expect(wordsOf(Word.from(structuredClone(elsewhere().share()))).words).not.toBe(wordsOf(word).words);
  });

  it("has room for 16383 primitives; later primitives live in slabs", async () => {
    const { stdout } = await runScript(`
      import { Primitive } from "@x/core";
      class Word extends Primitive { static KIND = "core-test Word"; static BYTES = 20; constructor() { super(Word); } toString() { return ""; } }
      const bytes = Array.from({ length: 17_000 }, () => new Word().share().buffer.byteLength);
      console.log(bytes.filter((each) => each === ${WASM_BYTES}).length, bytes.at(-1) < ${WASM_BYTES});
    `);
    expect(stdout).toBe(`${WASM_BYTES / 64 - 1} true\n`);
  });

  it("keeps its room for others when a primitive is too large", async () => {
    const { stdout } = await runScript(`
      import { Primitive } from "@x/core";
      const sized = (BYTES) => new (class Sized extends Primitive {
        static KIND = "core-test Sized"; static BYTES = BYTES; constructor() { super(Sized); } toString() { return ""; }
      })();
      const buffers = [20, ${WASM_BYTES}, 20, ${WASM_BYTES} - 4 * 64, 128, 64, 64].map((bytes) => sized(bytes).share().buffer.byteLength);
      console.log(...buffers.map((bytes) => bytes === ${WASM_BYTES}));
    `);
    // The second primitive has a buffer of the size of the WebAssembly memory; the fourth leaves a single line.
    expect(stdout).toBe("true true true true false true false\n");
  });

  it("a primitive lives in a slab if another thread takes the last room first", async () => {
    const { stdout } = await runScript(`
      const { load } = Atomics;
      let isLate = false;
      Atomics.load = (words, index) => (isLate ? 16 : load(words, index)); // all lines but the first seem free
      const { Primitive } = await import("@x/core");
      class Word extends Primitive { static KIND = "core-test Word"; static BYTES = 20; constructor() { super(Word); } toString() { return ""; } }
      const isWasm = () => new Word().share().buffer.byteLength === ${WASM_BYTES};
      const all = Array.from({ length: ${WASM_BYTES} / 64 - 1 }, isWasm);
      isLate = true;
      console.log(!all.includes(false), isWasm());
    `);
    expect(stdout).toBe("true false\n");
  });

  it("is not confused with a slab of the same number", async () => {
    const { stdout } = await runScript(`
      Math.random = () => 0.5;
      const { allocate, placementOf, Primitive } = await import("@x/core");
      class Word extends Primitive { static KIND = "core-test Word"; static BYTES = 20; constructor(place) { super(Word, place); } toString() { return this.place; } }
      const { words, at } = allocate(20);
      const [inWasm, inSlab] = [new Word(), new Word({ buffer: words.buffer, byteOffset: 4 * at })];
      const came = new Word(structuredClone(inSlab.share()));
      console.log(String(inWasm).slice(0, -5) === String(came).slice(0, -5), came.words === inWasm.words, came.words.length === words.length);
    `);
    expect(stdout).toBe("true false true\n");
  });

  it("is not confused with that of another program, also without a WebAssembly memory here", async () => {
    const script = `
      const { Primitive } = await import("@x/core");
      class Word extends Primitive { static KIND = "core-test Word"; static BYTES = 20; constructor(place) { super(Word, place); } toString() { return this.place; } }
      const { words } = new Word();
      const theirs = new Int32Array(new SharedArrayBuffer(256));
      theirs.set(words.subarray(0, 4));
      theirs[1] ^= 1; // its number
      theirs[3] = 0x5741534d; // marks WebAssembly memory
      console.log(new Word({ buffer: theirs.buffer, byteOffset: 64 }).words.length);
    `;
    expect((await runScript(script)).stdout).toBe("64\n");
    expect((await runScript(script, { env: { THREADING_WASM: "0" } })).stdout).toBe("64\n");
  });

  it("copies of core in one thread share it", async () => {
    const flags = ["--no-experimental-require-module"]; // otherwise both would be the same copy
    const script = `
      import { createRequire } from "node:module";
      import * as esm from "@x/core";
      const cjs = createRequire(import.meta.url)("@x/core");
      const make = ({ Primitive }) => new (class Word extends Primitive {
        static KIND = "core-test Word"; static BYTES = 20; constructor() { super(Word); } toString() { return ""; }
      })();
      const [one, other] = [make(esm), make(cjs)];
      new Int32Array(one.words.buffer)[one.at] = 7;
      console.log(one.words !== other.words, other.words[one.at], other.at - one.at);
    `;
    expect((await runScript(script, { flags })).stdout).toBe("true 7 16\n");
  });

  it("is not used if the engine has no memory for it; another error is thrown", async () => {
    const without = (error: string): Promise<{ stdout: string; stderr: string }> =>
      runScript(`
        WebAssembly.Memory = class { constructor() { throw new ${error}("no memory"); } };
        const { allocate, getIdent, tryAcquire } = await import("@x/core/internal");
        const { words, at } = allocate(4);
        console.log(tryAcquire(words, at), words[at] >> 2 === getIdent());
      `);
    expect((await without("RangeError")).stdout).toBe("true true\n");
    expect((await without("TypeError")).stderr).toContain("no memory");
  });

  it("is not used if WebAssembly is missing, or may not be compiled", async () => {
    const script = (before: string): string => `
      ${before}
      const { allocate, getIdent, tryAcquire, release } = await import("@x/core/internal");
      const { words, at } = allocate(4);
      console.log(tryAcquire(words, at), words[at] >> 2 === getIdent(), release(words, at));
    `;
    const forbidden = `WebAssembly.Module = class { constructor() { throw new WebAssembly.CompileError("not allowed"); } };`;
    expect((await runScript(script(""), { flags: ["--jitless"] })).stdout).toMatch(/^true true true$/m);
    expect((await runScript(script(forbidden))).stdout).toBe("true true true\n");
    for (const flag of ["--disallow-code-generation-from-strings", "--frozen-intrinsics"])
      expect((await runScript(script(""), { flags: [flag] })).stdout).toBe("true true true\n");
  });

  it("does not exist with THREADING_WASM=0, nor in a worker that the main thread started before creating it", async () => {
    const script = `
      import { Primitive } from "@x/core";
      class Word extends Primitive { static KIND = "core-test Word"; static BYTES = 20; constructor() { super(Word); } toString() { return ""; } }
      console.log(new Word().share().buffer.byteLength === ${WASM_BYTES});
    `;
    expect((await runScript(script)).stdout).toBe("true\n");
    expect((await runScript(script, { env: { THREADING_WASM: "0" } })).stdout).toBe("false\n");
    const early = `
      import { Worker } from "node:worker_threads";
      new Worker(new URL("data:text/javascript," + encodeURIComponent(${JSON.stringify(
        script.replace('"@x/core"', JSON.stringify(import.meta.resolve("@x/core"))),
      )})));
    `;
    expect((await runScript(early)).stdout).toBe("false\n");
  });
});
