import {
  and,
  compareExchange,
  free,
  getIdent,
  givePermits,
  load,
  permitsOf,
  registerPrimitive,
  Primitive,
  tryAcquire,
  takePermit,
} from "@x/core";
import type { PrimitiveHandle, MemoryPlacement } from "@x/core";
import { bunch, runScript, watchdog } from "@x/testkit";
import { describe, expect, it } from "vitest";

watchdog();

const HOME_BYTES = 2 ** 20;

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

/** What becomes of a word, whatever it is, by all that has a form in WebAssembly. */
function fates({ words, at }: Word): unknown[] {
  const marks = [0, 1, 2, 3];
  const states = [0, 1, getIdent(), 2 ** 29 - 1];
  const acts: (() => unknown)[] = [
    () => tryAcquire(words, at),
    () => free(words, at),
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

describe("home", () => {
  it("is where primitives are made, each on a line of its own, in all threads", async () => {
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
    expect(here.every(({ buffer }) => buffer.byteLength === HOME_BYTES)).toBe(true);
    const offsets = [...here.map(({ byteOffset }) => byteOffset), ...there.flat()];
    expect(new Set(offsets).size).toBe(200);
    expect(offsets.every((offset) => offset > 0 && offset % 64 === 0)).toBe(true);
  });

  it("does to a word what Atomics do", () => {
    expect(fates(new Word())).toEqual(fates(elsewhere()));
  });

  it("is recognised when it comes by a message", () => {
    const word = new Word();
    const came = Word.from(structuredClone(word.share()));
    expect(came.words).toBe(word.words);
    expect(String(came)).toBe(String(word));
    expect(Word.from(structuredClone(elsewhere().share())).words).not.toBe(word.words);
  });

  it("has room for so many; who comes later lives in a slab", async () => {
    const { stdout } = await runScript(`
      import { Primitive } from "@x/core";
      class Word extends Primitive { static KIND = "core-test Word"; static BYTES = 20; constructor() { super(Word); } toString() { return ""; } }
      const bytes = Array.from({ length: 17_000 }, () => new Word().share().buffer.byteLength);
      console.log(bytes.filter((each) => each === ${HOME_BYTES}).length, bytes.at(-1) < ${HOME_BYTES});
    `);
    expect(stdout).toBe(`${HOME_BYTES / 64 - 1} true\n`);
  });

  it("keeps its room for others when something is too large", async () => {
    const { stdout } = await runScript(`
      import { Primitive } from "@x/core";
      const sized = (BYTES) => new (class Sized extends Primitive {
        static KIND = "core-test Sized"; static BYTES = BYTES; constructor() { super(Sized); } toString() { return ""; }
      })();
      const buffers = [20, ${HOME_BYTES}, 20, ${HOME_BYTES} - 4 * 64, 128, 64, 64].map((bytes) => sized(bytes).share().buffer.byteLength);
      console.log(...buffers.map((bytes) => bytes === ${HOME_BYTES}));
    `);
    // The buffer of the second is as large as home, and the fourth leaves one line.
    expect(stdout).toBe("true true true true false true false\n");
  });

  it("is not left by one line: who saw room that another thread was faster to take lives in a slab", async () => {
    const { stdout } = await runScript(`
      const { load } = Atomics;
      let isLate = false;
      Atomics.load = (words, index) => (isLate ? 16 : load(words, index)); // as if only the first line were taken
      const { Primitive } = await import("@x/core");
      class Word extends Primitive { static KIND = "core-test Word"; static BYTES = 20; constructor() { super(Word); } toString() { return ""; } }
      const isHome = () => new Word().share().buffer.byteLength === ${HOME_BYTES};
      const all = Array.from({ length: ${HOME_BYTES} / 64 - 1 }, isHome);
      isLate = true;
      console.log(!all.includes(false), isHome());
    `);
    expect(stdout).toBe("true false\n");
  });

  it("is not taken for a slab that happens to have its number", async () => {
    const { stdout } = await runScript(`
      Math.random = () => 0.5;
      const { allocate, placementOf, Primitive } = await import("@x/core");
      class Word extends Primitive { static KIND = "core-test Word"; static BYTES = 20; constructor(place) { super(Word, place); } toString() { return this.place; } }
      const { words, at } = allocate(20);
      const [atHome, inSlab] = [new Word(), new Word({ buffer: words.buffer, byteOffset: 4 * at })];
      const came = new Word(structuredClone(inSlab.share()));
      console.log(String(atHome).slice(0, -5) === String(came).slice(0, -5), came.words === atHome.words, came.words.length === words.length);
    `);
    expect(stdout).toBe("true false true\n");
  });

  it("is not taken for that of another program, nor missed where there is none", async () => {
    const script = `
      const { Primitive } = await import("@x/core");
      class Word extends Primitive { static KIND = "core-test Word"; static BYTES = 20; constructor(place) { super(Word, place); } toString() { return this.place; } }
      const { words } = new Word();
      const theirs = new Int32Array(new SharedArrayBuffer(256));
      theirs.set(words.subarray(0, 4));
      theirs[1] ^= 1; // the number
      theirs[3] = 0x484f4d45; // what says that it is home
      console.log(new Word({ buffer: theirs.buffer, byteOffset: 64 }).words.length);
    `;
    expect((await runScript(script)).stdout).toBe("64\n");
    expect((await runScript(script, { env: { THREADING_WASM: "0" } })).stdout).toBe("64\n");
  });

  it("is one, however often core is loaded", async () => {
    const flags = ["--no-experimental-require-module"]; // or the two would be one
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

  it("is done without where there is no memory for it, and only then", async () => {
    const without = (error: string): Promise<{ stdout: string; stderr: string }> =>
      runScript(`
        WebAssembly.Memory = class { constructor() { throw new ${error}("no memory"); } };
        const { allocate, getIdent, tryAcquire } = await import("@x/core");
        const { words, at } = allocate(4);
        console.log(tryAcquire(words, at), words[at] >> 2 === getIdent());
      `);
    expect((await without("RangeError")).stdout).toBe("true true\n");
    expect((await without("TypeError")).stderr).toContain("no memory");
  });

  it("is done without where WebAssembly is not to be had, or may not be compiled", async () => {
    const script = (before: string): string => `
      ${before}
      const { allocate, getIdent, tryAcquire, free } = await import("@x/core");
      const { words, at } = allocate(4);
      console.log(tryAcquire(words, at), words[at] >> 2 === getIdent(), free(words, at));
    `;
    const forbidden = `WebAssembly.Module = class { constructor() { throw new WebAssembly.CompileError("not allowed"); } };`;
    expect((await runScript(script(""), { flags: ["--jitless"] })).stdout).toMatch(/^true true true$/m);
    expect((await runScript(script(forbidden))).stdout).toBe("true true true\n");
    for (const flag of ["--disallow-code-generation-from-strings", "--frozen-intrinsics"])
      expect((await runScript(script(""), { flags: [flag] })).stdout).toBe("true true true\n");
  });

  it("does not exist with THREADING_WASM=0, nor in a worker that the main thread started before it had any", async () => {
    const script = `
      import { Primitive } from "@x/core";
      class Word extends Primitive { static KIND = "core-test Word"; static BYTES = 20; constructor() { super(Word); } toString() { return ""; } }
      console.log(new Word().share().buffer.byteLength === ${HOME_BYTES});
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
