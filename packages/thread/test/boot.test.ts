/** The ways to start a program with threads. */
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it, vi } from "vitest";
import { node, TIMEOUT_MS, program, PROGRAMS } from "./run.js";

vi.setConfig({ testTimeout: TIMEOUT_MS });

const inline = `
  import { Thread, startNewThread } from "@x/thread";
  const square = (x) => x * x;
  console.log(new Thread({ target: square, args: [7] }).start().result(10_000));
`;

describe.concurrent("a program that starts threads", () => {
  it("runs from text, as a module", async () => {
    expect(await node(["--input-type=module", "-e", inline])).toMatchObject({ code: 0, out: "49\n", err: "" });
    expect(await node(["--input-type=module", "--eval", inline])).toMatchObject({ code: 0, out: "49\n", err: "" });
  });

  it("runs from text, as CommonJS", async () => {
    const text = `const { Thread } = require("@x/thread");
      console.log(new Thread({ target: (x) => x + 1, args: [1] }).start().result(10_000));`;
    expect(await node(["-e", text])).toMatchObject({ code: 0, out: "2\n" });
  });

  it("names the cure for a function as text where code from text is forbidden", async () => {
    const text = `
      import { setExceptHook, Thread } from "@x/thread";
      setExceptHook(() => undefined);
      try { new Thread({ target: function named() {} }).start().result(20_000); } catch (error) { console.log(error.message); }`;
    const { out } = await node(["--input-type=module", "-e", text], {
      flags: ["--disallow-code-generation-from-strings"],
    });
    expect(out).toMatch(/named was not exposed, and here code from text is forbidden, .*; expose\(\{ named \}\)/);
  });

  // Each of them takes a worker a millisecond, and some hundred kilobytes.
  it("makes its worker load no module of Node for a terminal, a clock or a number of cores that it does not use", async () => {
    const text = `
      import { Thread } from "@x/thread";
      import { Worker } from "node:worker_threads";
      const tell = 'import { parentPort } from "node:worker_threads"; parentPort.postMessage(process.moduleLoadList)';
      const bare = new Worker(new URL("data:text/javascript," + encodeURIComponent(tell)));
      const loaded = await new Promise((resolve) => bare.on("message", resolve));
      const more = new Thread({ target: () => [...process.moduleLoadList] }).start().result(20_000);
      console.log(JSON.stringify(more.filter((name) => !loaded.includes(name))));`;
    const { out, err } = await node(["--input-type=module", "-e", text]);
    const more = JSON.parse(out || "[]") as string[];
    expect(more, err).not.toHaveLength(0);
    expect(more.filter((name) => /\b(?:perf_hooks|os|tty|net)$/.test(name))).toEqual([]);
  });

  // The modules of Node 20 do not, after a look at a pipe by fstatSync.
  it("follows symbolic links to packages, in main as in threads", async () => {
    const folder = realpathSync(mkdtempSync(join(tmpdir(), "linked-")));
    mkdirSync(join(folder, "real"));
    mkdirSync(join(folder, "node_modules"));
    symlinkSync(join(folder, "real"), join(folder, "node_modules", "linked"));
    symlinkSync(
      fileURLToPath(new URL("../../../node_modules/@x", import.meta.url)),
      join(folder, "node_modules", "@x"),
    );
    writeFileSync(join(folder, "real", "package.json"), '{ "type": "module", "exports": "./index.js" }');
    writeFileSync(join(folder, "real", "index.js"), "export const { url } = import.meta;");
    const text = `
      import { expose, isMainThread, Thread } from "@x/thread";
      import { url } from "linked";
      export const told = () => url;
      expose({ told });
      if (isMainThread) console.log(new Thread({ target: told }).start().result(20_000) === url, url.includes("node_modules"));`;
    writeFileSync(join(folder, "main.mjs"), text);
    const { out, err } = await node([join(folder, "main.mjs")]);
    rmSync(folder, { recursive: true });
    expect(out, err).toBe("true false\n");
  });

  it("lets threads take compiled code from a folder that it names before its first thread", async () => {
    const folder = realpathSync(mkdtempSync(join(tmpdir(), "compiled-")));
    const text = `
      import { Thread } from "@x/thread";
      process.env.NODE_COMPILE_CACHE = ${JSON.stringify(folder)};
      const named = () => process.getBuiltinModule("node:module").getCompileCacheDir?.();
      console.log(new Thread({ target: named }).start().result(20_000)?.startsWith(process.env.NODE_COMPILE_CACHE));`;
    const { out, err } = await node(["--input-type=module", "-e", text]);
    rmSync(folder, { recursive: true });
    const hasCache = Number.parseInt(process.versions.node, 10) >= 22;
    expect(out, err).toBe(hasCache ? "true\n" : "undefined\n");
  });

  it("keeps no port of a worker that has ended by itself", async () => {
    const text = `
      import { MessagePort } from "node:worker_threads";
      import { queryObjects } from "node:v8";
      import { Thread } from "@x/thread";
      const leaveTimer = () => void setTimeout(() => {}, 1); // the worker ends after it, and runs no other thread
      const nothing = () => {};
      const counts = [];
      for (let round = 0; round < 3; round++) {
        for (let i = 0; i < 24; i++) new Thread({ target: i % 3 === 0 ? leaveTimer : nothing }).start().join();
        await new Promise((resolve) => setTimeout(resolve, 100)); // a port closes in a turn of the event loop
        counts.push(queryObjects(MessagePort, { format: "count" }));
      }
      console.log(counts[2] - counts[0] <= 4 ? "kept none" : counts);`;
    const { out, err } = await node(["--no-warnings", "--input-type=module", "-e", text]);
    expect(out, err).toBe("kept none\n");
  });

  it("runs with flags of the engine", async () => {
    const flags = [
      "--max-old-space-size=200",
      "--stack-size=900",
      "--expose-gc",
      "--no-warnings",
      "--enable-source-maps",
    ];
    expect(await program("burst", { flags })).toMatchObject({ code: 0, out: "5 1\n", err: "" });
  });

  it("runs with flags that take their value as the next argument", async () => {
    const flags = ["--title", "a title", "--conditions", "development", "--max-http-header-size", "20000"];
    expect(await program("uncaught", { flags })).toMatchObject({ code: 0, out: "main goes on\n" });
  });

  it("shares its preload, its arguments and its environment with threads", async () => {
    const preload = new URL("modules/preload.mjs", import.meta.url).href;
    for (const flags of [[`--import=${preload}`], ["--import", preload]]) {
      const { code, out, err } = await program("travels", { flags, args: ["a", "b"], env: { OF_MAIN: "seen" } });
      expect([code, err]).toEqual([0, ""]);
      expect(JSON.parse(out)).toEqual([["travels", "a", "b"], "seen", "yes"]);
    }
  });

  it("runs with options in the environment", async () => {
    const env = { NODE_OPTIONS: "--max-old-space-size=200 --no-warnings" };
    expect(await program("uncaught", { env })).toMatchObject({ code: 0, out: "main goes on\n" });
  });

  it("runs without deprecation warnings if NODE_OPTIONS silences them, as in many containers", async () => {
    const env = { NODE_OPTIONS: "--no-deprecation" };
    expect(await program("burst", { env })).toMatchObject({ code: 0, out: "5 1\n", err: "" });
  });

  it("B154: runs inside a worker, which is the main thread then", async () => {
    const text = `const { Worker } = require("node:worker_threads");
      new Worker(${JSON.stringify(PROGRAMS)}, { argv: ["loadedInWorkerFirst"] });
      new Worker(${JSON.stringify(PROGRAMS)}, { argv: ["burst"] });`;
    const { code, out, err } = await node(["-e", text]);
    expect([code, err]).toEqual([0, ""]);
    expect(out.split("\n").sort()).toEqual(["", "5 1", "main true true"]);
  });

  it("runs in a folder with special characters in its name", async () => {
    const folder = fileURLToPath(new URL("../../../.results/an odd #1 %41/", import.meta.url));
    mkdirSync(folder, { recursive: true });
    writeFileSync(
      join(folder, "cube.mjs"),
      `import { expose, isMainThread, Thread } from "@x/thread";
       const cube = (x) => x ** 3;
       expose({ cube });
       if (isMainThread) console.log(new Thread({ target: cube, args: [3] }).start().result(10_000));`,
    );
    try {
      expect(await node([join(folder, "cube.mjs")])).toMatchObject({ code: 0, out: "27\n", err: "" });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("runs with the supervisor's own file, and without it, as where a tool has left it out", async () => {
    const folder = realpathSync(mkdtempSync(join(tmpdir(), "boot-")));
    const scope = join(folder, "node_modules", "@x");
    for (const name of ["core", "thread"]) {
      for (const part of ["package.json", "dist"]) {
        cpSync(join(packageFolder(`@x/${name}`), part), join(scope, name, part), { recursive: true });
      }
    }
    const file = join(folder, "program.cjs");
    writeFileSync(
      file,
      `const workers = require("node:worker_threads");
       const texts = [];
       workers.Worker = class extends workers.Worker {
         constructor(text, options) { super(text, options); texts.push(String(text)); }
       };
       const { Thread } = require("@x/thread");
       const result = new Thread({ target: (x) => x + 1, args: [1] }).start().result(10_000);
       console.log(result, texts.length, texts[0].endsWith("/supervise.cjs"));`,
    );
    try {
      expect(await node([file])).toMatchObject({ code: 0, out: "2 2 true\n", err: "" });
      rmSync(join(scope, "thread", "dist", "supervise.cjs"));
      expect(await node([file])).toMatchObject({ code: 0, out: "2 2 false\n", err: "" });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("runs in TypeScript under tsx, as a preload and by its command", async () => {
    const file = fileURLToPath(new URL("modules/typed.ts", import.meta.url));
    const cli = join(packageFolder("tsx"), "dist", "cli.mjs");
    expect(await node([file], { flags: ["--import", "tsx"] })).toMatchObject({ code: 0, out: "27 named 2\n", err: "" });
    expect(await node([cli, file])).toMatchObject({ code: 0, out: "27 named 2\n", err: "" });
  });

  it("runs as a test of Vitest in its pool of threads", async () => {
    const cli = join(packageFolder("vitest"), "vitest.mjs");
    const args = ["run", "--pool=threads", "--reporter=tap", "--root=..", "test/common.test.ts", "test/hooks.test.ts"];
    const { code, out } = await node([cli, ...args], { env: { TURBO_HASH: "already built" } });
    expect(code).toBe(0);
    expect(out).toMatch(/^ok .*common\.test\.ts[^]*^ok .*hooks\.test\.ts/m);
  });
});

function packageFolder(name: string): string {
  return dirname(createRequire(import.meta.url).resolve(`${name}/package.json`));
}
