/** Programs in chunks that run nothing by themselves, as Turbopack and webpack make them for servers. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { node, TIMEOUT_MS } from "./run.js";

vi.setConfig({ testTimeout: TIMEOUT_MS });

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

let folder: string;
let library: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "chunks-"));
  const file = join(folder, "library.cjs");
  const options = ["--bundle", "--platform=node", "--minify", "--format=cjs", `--outfile=${file}`, "--log-level=error"];
  execFileSync(join(ROOT, "node_modules", ".bin", "esbuild"), [...options], {
    input: `export * from "@x/thread"; export * from "@x/lock";`,
    env: { ...process.env, NODE_PATH: join(ROOT, "node_modules") },
  });
  library = readFileSync(file, "utf8");
});
afterAll(() => rmSync(folder, { recursive: true }));

/** What a bundler makes of modules. */
interface Bundler {
  readonly runtime: string;
  /** A chunk with these modules, each as the body of its factory. */
  chunk(name: string, modules: Readonly<Record<number, string>>): string;
  /** The file that loads the first chunks, and evaluates the module later. */
  entry(chunks: readonly string[], id: number): string;
}

// A factory gets (context, module, exports).
const TURBOPACK: Bundler = {
  runtime: `
    const factories = new Map();
    const cache = new Map();
    const get = (id) => {
      let module = cache.get(id);
      if (module === undefined) {
        cache.set(id, (module = { exports: {} }));
        factories.get(id)({ r: (id) => get(id).exports, l: load }, module, module.exports);
      }
      return module;
    };
    const load = (chunk) => {
      const items = require(require("node:path").resolve(__dirname, chunk));
      let ids = [];
      for (const item of items) {
        if (typeof item !== "function") ids.push(item);
        else ids = (ids.forEach((id) => factories.set(id, item)), []);
      }
    };
    module.exports = () => ({ m: get, c: load });`,
  chunk: (_, modules) =>
    `module.exports=[${Object.entries(modules)
      .map(([id, body]) => `${id},"alias of ${id}",(context,module,exports)=>{${body}\n}`)
      .join(",")}]`,
  entry: (chunks, id) => `
    const R = require("./runtime.js")("entry.js");
    ${chunks.map((chunk) => `R.c("${chunk}.js");`).join("")}
    setTimeout(() => R.m(${id}));`,
};

// A factory gets (module, exports, require). The entry holds no module here.
const WEBPACK: Bundler = {
  runtime: `
    const cache = {};
    const get = (id) => {
      let module = cache[id];
      if (module === undefined) {
        module = cache[id] = { exports: {} };
        get.m[id](module, module.exports, { r: get, l: (chunk) => get.e(chunk.replace(".js", "")) });
      }
      return module.exports;
    };
    get.m = {};
    get.C = (chunk) => Object.assign(get.m, chunk.modules);
    get.e = (id) => get.C(require("./" + id + ".js"));
    get.X = (result, chunks, then) => (chunks.map(get.e), then());
    module.exports = get;`,
  chunk: (name, modules) =>
    `exports.id="${name}",exports.ids=["${name}"],exports.modules={${Object.entries(modules)
      .map(([id, body]) => `${id}(module,exports,context){${body}\n}`)
      .join(",")}}`,
  entry: (chunks, id) => `
    var get = require("./runtime.js");
    get.C({ ids: ["entry"], modules: { 99(module, exports, context) { console.log("the entry"); setTimeout(() => get(${id})); } } });
    var result = get.X({}, ${JSON.stringify(chunks)}, () => get(99));
    module.exports = result;`,
};

const TASKS = `
  const { expose, Thread, isMainThread } = context.r(1);
  exports.square = function (x) { return x * x; };
  exports.nested = (x) => new Thread({ target: exports.square, args: [x] }).start().result(20000) + 1;
  expose({ square: exports.square, nested: exports.nested });`;

const CUBE = `
  const { expose, Thread } = context.r(1);
  const { square } = context.r(2);
  exports.cube = (x, lock) => lock.with(() => x * new Thread({ target: square, args: [x] }).start().result(20000));
  expose({ cube: exports.cube });`;

const MAIN = `
  const { Lock, Thread } = context.r(1);
  const { square, nested } = context.r(2);
  const run = (target, ...args) => new Thread({ target, args }).start().result(20000);
  console.log(run(square, 7), run(nested, 7));
  context.l("late.js");
  console.log(run(context.r(4).cube, 3, new Lock()));`;

let programs = 0;

/** Runs the program, in an own folder without the packages and sources. */
async function run(bundler: Bundler, libraryModule: string): ReturnType<typeof node> {
  const place = join(folder, String(++programs));
  mkdirSync(place);
  if (libraryModule !== library) symlinkSync(join(ROOT, "node_modules"), join(place, "node_modules"), "dir");
  const files = {
    "runtime.js": bundler.runtime,
    "library.js": bundler.chunk("library", { 1: libraryModule }),
    "app.js": bundler.chunk("app", { 2: TASKS, 3: MAIN }),
    "late.js": bundler.chunk("late", { 4: CUBE }),
    "entry.js": bundler.entry(["library", "app"], 3),
    "package.json": `{ "type": "commonjs" }`,
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(place, name), text);
  return node([join(place, "entry.js")]);
}

describe.each([
  ["Turbopack", TURBOPACK, ""],
  ["webpack", WEBPACK, "the entry\n"],
])("a program in chunks of %s", (_, bundler, first) => {
  it("starts threads, which evaluate the module of their function alone", async () => {
    expect(await run(bundler, library)).toMatchObject({ code: 0, err: "", out: `${first}49 50\n27\n` });
  });

  it("starts threads if the library is outside", async () => {
    const outside = `Object.assign(exports, require("@x/thread"), require("@x/lock"));`;
    expect(await run(bundler, outside)).toMatchObject({ code: 0, err: "", out: `${first}49 50\n27\n` });
  });
});

it("a program starts threads if its entry evaluates the library in a chunk, though the chunk runs nothing by itself", async () => {
  const place = join(folder, String(++programs));
  mkdirSync(place);
  const files = {
    "library.js": `exports.factory = function factory(module, exports) {${library}\n};`,
    "main.js": `
      const cache = {};
      const table = { library: require("./library.js").factory };
      const get = (id) => {
        if (!(id in cache)) table[id]((cache[id] = { exports: {} }), cache[id].exports);
        return cache[id].exports;
      };
      const { expose, isMainThread, Thread } = get("library");
      const square = (x) => x * x;
      expose({ square });
      if (isMainThread) console.log(new Thread({ target: square, args: [7] }).start().result(20000));`,
    "package.json": `{ "type": "commonjs" }`,
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(place, name), text);
  expect(await node([join(place, "main.js")])).toMatchObject({ code: 0, err: "", out: "49\n" });
});
