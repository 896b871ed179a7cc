import { expose, pack, prepare, ThreadError, unpack } from "@x/core";
import { resolveExport, isPrepared, exportRefOf } from "@x/core/internal";
import { runScript, thrownBy, watchdog } from "@x/testkit";
import { describe, expect, it, vi } from "vitest";
import { square } from "./exposed.workers.mjs";

watchdog();

/** As CommonJS has it: an object with many fields, but no `url`. */
const module = { id: ".", exports: {}, loaded: false };

describe("expose", () => {
  it("exportRefOf returns the module and name of an exposed function, resolveExport the function", () => {
    const exportRef = exportRefOf(square)!;
    expect(exportRef).toEqual({ url: new URL("./exposed.workers.mjs", import.meta.url).href, name: "square" });
    expect(resolveExport(exportRef)).toBe(square);
    expect(exportRefOf(() => 1)).toBeUndefined();
    expect(resolveExport({ ...exportRef, name: "toString" })).toBeUndefined();
  });

  it("expose accepts import.meta, a URL, the text of a URL, and a path", () => {
    const places = [import.meta, new URL("file:///a.mjs"), "file:///b%20c.mjs", "/d e#f.cjs"];
    const functions = places.map(() => () => 1);
    places.forEach((place, i) => expose(place, { f: functions[i]! }));
    expect(functions.map((f) => exportRefOf(f)!.url)).toEqual([
      import.meta.url,
      "file:///a.mjs",
      "file:///b%20c.mjs",
      "file:///d%20e%23f.cjs",
    ]);
  });

  it("without an address, or with what bundlers leave of import.meta, the module is the file that calls", () => {
    const functions = [1, 2, 3, 4].map(() => () => 1);
    const [a, b, c, d] = functions as [() => number, () => number, () => number, () => number];
    expose({ a });
    expose(undefined, { b });
    expose({} as never, { c });
    expose(Object.create(null) as never, { d });
    expect(functions.map((f) => exportRefOf(f)!.url)).toEqual(functions.map(() => import.meta.url));
  });

  it.each([
    ["a runtime that formats stacks by its own rules", () => vi.spyOn(Error, "prepareStackTrace" as never)],
    [
      "a runtime without a choice of frames, such as one with frozen intrinsics",
      () => vi.spyOn(Reflect, "set").mockReturnValue(false),
    ],
  ])("the file that calls is found in %s, which stays as it was", (_, prepare) => {
    const { prepareStackTrace, stackTraceLimit } = Error;
    const spy = prepare();
    const f = (): number => 1;
    expose({ f });
    spy.mockRestore();
    expect(exportRefOf(f)!.url).toBe(import.meta.url);
    expect([Error.prepareStackTrace, Error.stackTraceLimit]).toEqual([prepareStackTrace, stackTraceLimit]);
  });

  it("without an address on an engine that tells no files throws a TypeError with the cure", () => {
    const { captureStackTrace } = Error;
    Object.assign(Error, { captureStackTrace: undefined });
    const error = thrownBy(() => expose({ f: () => 1 }));
    Object.assign(Error, { captureStackTrace });
    expect(error).toBeInstanceOf(TypeError);
    expect((error as Error).message).toBe(
      "core: expose cannot tell the file that calls it; write expose(import.meta.url, { … }), in CommonJS expose(__filename, { … })",
    );
  });

  it("the names are the keys of the object, not the names of the functions", () => {
    const short = function a(): void {};
    expose("file:///keys.mjs", { meaningful: short });
    expect(exportRefOf(short)!.name).toBe("meaningful");
  });

  it("a function may be exposed again, and so may one of the same text: the latest counts", () => {
    const make = () => () => 5;
    const [first, second] = [make(), make()];
    expose("file:///again.mjs", { first });
    expose("file:///again.mjs", { first });
    expose("file:///again.mjs", { first: second });
    expect(resolveExport({ url: "file:///again.mjs", name: "first" })).toBe(second);
  });

  it("another function under the same name throws a ThreadError with both names, and exposes nothing", () => {
    expose("file:///clash.mjs", { f: () => 1 });
    const other = (): number => 2;
    const error = thrownBy(() => expose("file:///clash.mjs", { fresh: other, f: other }));
    expect(error).toBeInstanceOf(ThreadError);
    expect((error as Error).message).toMatch(
      /^core: file:\/\/\/clash\.mjs has exposed another f already; .*another name$/,
    );
    expect(exportRefOf(other)).toBeUndefined();
    expect(resolveExport({ url: "file:///clash.mjs", name: "fresh" })).toBeUndefined();
  });

  it.each([
    [5, { f: () => 1 }, /^core: .* import\.meta, a path or a URL first, got 5; write expose\(import\.meta\.url/],
    [null, { f: () => 1 }, /^core: .* import\.meta, a path or a URL first, got null; write/],
    ["", { f: () => 1 }, /^core: .* import\.meta, a path or a URL first, got ""; write/],
    [module, { f: () => 1 }, /^core: .* a path or a URL first, got \[object Object\]; .*expose\(__filename, /],
    ["file:///x.mjs", null, "core: expose takes an object of functions and classes, got null"],
    ["file:///x.mjs", 5, "core: expose takes an object of functions and classes, got 5"],
    ["file:///x.mjs", { f: 5 }, "core: expose takes functions and classes, but f is 5"],
    ["file:///x.mjs", { f: {} }, "core: expose takes functions and classes, but f is [object Object]"],
  ] as [unknown, unknown, string | RegExp][])(
    "expose(%o, %o) throws a TypeError with the reason",
    (module, members, message) => {
      const error = thrownBy(() => expose(module as never, members as never));
      expect(error).toBeInstanceOf(TypeError);
      expect(() => expose(module as never, members as never)).toThrow(message);
    },
  );
});

describe("prepare", () => {
  it("loads the modules that unpack needs", async () => {
    const url = new URL("./unexposed.workers.mjs", import.meta.url).href;
    const part = { kind: "@x/core function", exportRef: { url, name: "late" } };
    const envelope = { value: { late: part }, parts: [part] };
    expect(() => unpack(envelope)).toThrow(ThreadError);
    const imported: string[] = [];
    await prepare(envelope, (url) => {
      imported.push(url);
      return import(url);
    });
    expect(imported).toEqual([url]);
    expect(unpack<{ late(): string }>(envelope).late()).toBe("late");
  });

  it("rejects if the module does not expose the name, except for the class of an error", async () => {
    const exportRef = { url: new URL("./unexposed.workers.mjs", import.meta.url).href, name: "nothing" };
    const [func, error] = ["function", "error"].map((what) => ({ kind: `@x/core ${what}`, exportRef }));
    await expect(prepare({ value: func, parts: [func!] })).rejects.toThrow(
      `core: ${exportRef.url} was imported, but exposed no nothing; call expose({ nothing })`,
    );
    await prepare({ value: error, parts: [error!] });
  });

  it("rejects if a module cannot be loaded", async () => {
    const part = { kind: "nobody Thing", moduleUrl: "file:///no/such/module.mjs" };
    await expect(prepare({ value: part, parts: [part] })).rejects.toThrow(/module\.mjs/);
  });

  it("loads nothing for known kinds and plain data; isPrepared is true for them", async () => {
    for (const envelope of [pack({ square, error: new Error("x") }), pack(5)]) {
      expect(isPrepared(envelope)).toBe(true);
      const load = vi.fn();
      await prepare(envelope, load);
      expect(load).not.toHaveBeenCalled();
    }
  });

  it("isPrepared is false for unknown kinds and functions, at any depth", () => {
    const kind = { kind: "nobody Thing", moduleUrl: "file:///no/such/module.mjs" };
    const func = { kind: "@x/core function", exportRef: { url: "file:///no/such/module.mjs", name: "f" } };
    const outer = { kind: "@x/core function", exportRef: exportRefOf(square), inner: { value: func, parts: [func] } };
    for (const part of [kind, func, outer]) expect(isPrepared({ value: part, parts: [part] })).toBe(false);
  });
});

describe("CommonJS", () => {
  it("a module exposes itself by its path, and a worker finds it there", async () => {
    const code = `
      const { expose, pack, prepare, unpack } = require("@x/core");
      const { Worker, isMainThread, workerData } = require("node:worker_threads");
      function twice(x) { return 2 * x; }
      expose(__filename, { twice });
      if (isMainThread) {
        const code = "const { workerData: [url, data] } = require('node:worker_threads');" +
          "import(url).then(async (core) => { await core.prepare(data); console.log(core.unpack(data)(21)); });";
        new Worker(code, { eval: true, workerData: [require("node:url").pathToFileURL(require.resolve("@x/core")).href, pack(twice)] });
      }`;
    expect(await runScript(code, { extension: "cjs" })).toMatchObject({ stdout: "42\n", stderr: "", status: 0 });
  });
});
