/** Ways to install the packages, some with several copies. */
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Ended, troubleOf } from "../runtimes/child.ts";
import type { Id } from "../runtimes/runtimes.ts";
import type { Check, Found, Environment } from "./checks.ts";
import { type Files, LIMIT_MS, newProject, printed, writeFiles } from "./project.ts";
import { newFolder, type Tool } from "./tools.ts";

const NODES: readonly Id[] = ["node20", "node24"];

/**
 * A thread's identity, a subclass with inherited members, and a timer: each fails if copies do not
 * know each other.
 */
const SELF = `
  import { currentThread, enumerate, expose, isMainThread, Thread } from "@x/thread";
  import { Event } from "@x/event";
  import { Lock } from "@x/lock";
  import { Timer } from "@x/timer";
  export class Named extends Thread { run() { return this.name; } }
  export function look(lock) { return [currentThread().name, enumerate().length, lock.with(() => isMainThread)].join(); }
  export function ring(event) { event.set(); }
  expose({ Named, look, ring });
  if (isMainThread) {
    console.log(new Thread({ target: look, name: "worker", args: [new Lock()] }).start().result(20_000));
    console.log(new Named({ name: "mine" }).start().result(20_000));
    const event = new Event();
    new Timer(5, ring, [event]).start();
    console.log(event.wait(20_000));
  }
`;
const SELF_PRINTS = ["worker,2,false", "mine", "true"];

export function installChecks(environment: Environment): Check[] {
  return [
    ...linkChecks("npm link", undefined, npmLink, environment),
    ...linkChecks("pnpm", "pnpm", pnpmInstall, environment),
    ...NODES.flatMap((id) => [besideChecks(id, environment), versionChecks(id, environment)].flat()),
  ];
}

// ---------------------------------------------------------------- links

type Install = (folder: string, environment: Environment) => void;

function linkChecks(title: string, tool: Tool | undefined, install: Install, environment: Environment): Check[] {
  const flagSets = [[], ["--preserve-symlinks"], ["--preserve-symlinks", "--preserve-symlinks-main"]];
  return NODES.flatMap((id) =>
    flagSets.map((flags): Check => ({
      on: title,
      name: [id, ...flags].join(" "),
      needs: tool === undefined ? [id] : [tool, id],
      async run() {
        const folder = newFolder();
        writeFiles(folder, { "main.mjs": SELF });
        install(folder, environment);
        const ended = await environment.runtime(id).run({ file: "main.mjs", flags }, { cwd: folder, limit: LIMIT_MS });
        return printed(ended, SELF_PRINTS);
      },
    })),
  );
}

/** Like a clone of our repository beside the program's. npm's global links lie in the folder. */
function npmLink(folder: string, { packages }: Environment): void {
  const library = join(folder, "library");
  cpSync(join(packages, "node_modules"), join(library, "node_modules"), { recursive: true });
  writeFiles(folder, { "package.json": `{ "private": true, "type": "module" }` });
  const links = readdirSync(join(library, "node_modules/@x")).map((name) => join(library, "node_modules/@x", name));
  for (const link of links) {
    // npm also installs the devDependencies of a linked package, and our own are not published.
    const { devDependencies: _, ...manifest } = JSON.parse(
      readFileSync(join(link, "package.json"), "utf8"),
    ) as object & {
      devDependencies?: object;
    };
    writeFiles(link, { "package.json": JSON.stringify(manifest) });
  }
  const env = { ...process.env, npm_config_prefix: join(folder, "global") };
  mkdirSync(join(folder, "global/lib"), { recursive: true });
  execFileSync("npm", ["link", "--offline", "--no-audit", "--no-fund", "--silent", ...links], {
    ...{ cwd: folder, env, stdio: "ignore", timeout: LIMIT_MS },
  });
}

function pnpmInstall(folder: string, environment: Environment): void {
  const { packages } = environment;
  const { dependencies } = JSON.parse(readFileSync(join(packages, "package.json"), "utf8")) as {
    dependencies: Readonly<Record<string, string>>;
  };
  const tarballs = Object.fromEntries(
    Object.entries(dependencies).map(([name, file]) => [name, `file:${join(packages, file.slice("file:".length))}`]),
  );
  // Our packages depend on each other by version, and no registry has these versions.
  const manifest = { private: true, type: "module", dependencies: tarballs, pnpm: { overrides: tarballs } };
  writeFiles(folder, { "package.json": JSON.stringify(manifest) });
  const pnpm = environment.tool("pnpm").bin("pnpm/bin/pnpm.cjs");
  execFileSync(process.execPath, [pnpm, "install", "--offline", "--silent", "--store-dir", join(folder, "store")], {
    ...{ cwd: folder, stdio: "ignore", timeout: LIMIT_MS },
  });
}

// ---------------------------------------------------------------- modules beside CommonJS

function besideChecks(id: Id, environment: Environment): Check[] {
  const program: Files = {
    "package.json": "{}",
    "library.cjs": `
      const threading = require(process.argv[2] ?? "@x/threading");
      const { expose, Lock, Thread } = threading;
      function twice(lock, x) { return lock.with(() => 2 * x); }
      class Child extends Thread { run() { return this.name; } }
      expose({ twice, Child });
      module.exports = { threading, lock: new Lock(), Child, start: (lock, x) => new Thread({ target: twice, args: [lock, x] }).start() };
    `,
    "main.mjs": `
      import { currentThread, enumerate, expose, isMainThread, Lock, setExceptHook, Thread, ThreadError, Timer, Event } from "@x/threading";
      import library from "./library.cjs";
      export function thrice(lock, x) { return lock.with(() => 3 * x) + (library.threading.currentThread() === currentThread() ? 0 : 1000); }
      export function free(lock) { lock.release(); }
      export function ring(event) { event.set(); }
      expose({ thrice, free, ring });
      if (isMainThread) {
        setExceptHook(() => undefined);
        console.log(library.threading.isMainThread, library.lock instanceof Lock, library.threading.currentThread() === currentThread());
        console.log(library.start(new Lock(), 4).result(20_000), new Thread({ target: thrice, args: [library.lock, 4] }).start().result(20_000));
        const child = new library.Child({ name: "child" });
        console.log(child instanceof Thread, child.start().result(20_000), enumerate().length);
        const thrown = (action) => { try { action(); } catch (error) { return error; } };
        console.log(thrown(() => new library.threading.Lock().release()) instanceof ThreadError);
        console.log(thrown(() => new library.threading.Thread({ target: free, args: [new Lock()] }).start().result(20_000)) instanceof ThreadError);
        const event = new library.threading.Event();
        new Timer(5, ring, [event]).start();
        console.log(event.wait(20_000));
      }
    `,
  };
  const prints = ["true true true", "8 12", "true child 1", "true", "true", "true"];
  return [
    { name: "required by its name", args: [] },
    { name: "its CommonJS build", args: ["./node_modules/@x/threading/dist/index.cjs"] },
  ].map(({ name, args }) => ({
    on: "modules beside CommonJS",
    name: `${id}, ${name}`,
    needs: [id],
    async run() {
      const folder = newProject(environment, { files: program });
      // Threads have no argv of their own: they get main's.
      const ended = await environment.runtime(id).run({ file: "main.mjs", args }, { cwd: folder, limit: LIMIT_MS });
      return printed(ended, prints);
    },
  }));
}

// ---------------------------------------------------------------- two versions

/**
 * A program and a library, each with its own version of the packages; `order` says which of the two
 * loads first.
 */
function versionChecks(id: Id, environment: Environment): Check[] {
  return (["the program's first", "the library's first"] as const).map((order) => ({
    on: "two versions in one process",
    name: `${id}, ${order}`,
    needs: [id],
    async run() {
      const folder = newProject(environment, { files: TWO_VERSIONS });
      const imports = [`import * as own from "@x/threading";`, `import * as library from "library";`];
      if (order === "the library's first") imports.reverse();
      writeFiles(folder, { "main.mjs": `${imports.join("\n")}\n${TWO_VERSIONS["main.mjs"]}` });
      environment.installInto(join(folder, "node_modules/library"), environment.newer);
      const ended = await environment.runtime(id).run({ file: "main.mjs" }, { cwd: folder, limit: LIMIT_MS });
      return twoVersions(folder, ended);
    },
  }));
}

const versionIn = (folder: string): string =>
  (JSON.parse(readFileSync(join(folder, "node_modules/@x/thread/package.json"), "utf8")) as { version: string })
    .version;

function twoVersions(folder: string, ended: Ended): Found {
  const versions = [versionIn(folder), versionIn(join(folder, "node_modules/library"))];
  if (versions[0] === versions[1]) return { state: "fail", sees: `both are ${versions[0]}` };
  return troubleOf(ended) === undefined && ended.out.includes("not ok")
    ? { state: "fail", sees: "they are strangers", details: ended.out }
    : printed(ended, TRUTHS);
}

/** The facts about two versions in a process. The program prints each with "ok". */
const TRUTHS_CODE: Readonly<Record<string, string>> = {
  "the two are copies": `own.Thread !== undefined && own.Lock !== library.threading.Lock`,
  "both know the main thread": `own.isMainThread && library.threading.isMainThread`,
  "both know who runs": `own.currentThread().ident === library.threading.currentThread().ident`,
  "a lock of the library is one": `library.lock instanceof own.Lock && !(library.event instanceof own.Lock)`,
  "a lock is handed from one to the other, and back": `run(own, useBoth, [library.lock, new own.Lock()]) === 6 && library.run(useBoth, [new own.Lock(), library.lock]) === 6`,
  "it excludes threads of both": `excludes()`,
  "a condition takes the other's lock": `new own.Condition(library.lock).with(() => true) && new library.threading.Condition(new own.RLock()).with(() => true)`,
  "threads are threads of both": `new library.Child() instanceof own.Thread && new own.Thread() instanceof library.threading.Thread`,
  "a subclass of the library's runs": `new library.Child({ name: "child" }).start().result(20_000) === "child"`,
  "a thread can be handed to the other": `run(own, nameOf, [new library.Child({ name: "arg" }).start()]) === "arg"`,
  "errors are known by both": `
    thrown(() => new library.threading.Lock().release()) instanceof own.ThreadError &&
    thrown(() => library.lock.with(() => library.lock.hold(5))) instanceof own.TimeoutError &&
    thrown(() => library.run(fail, [new own.Lock()])) instanceof own.ThreadError &&
    thrown(() => run(own, library.fail, [])) instanceof library.threading.BrokenBarrierError`,
  "timers of both fire": `fires(own) && fires(library.threading)`,
  "all threads are listed once": `own.enumerate().length === 1 && library.threading.activeCount() === 1`,
  "a dead owner is reported to both": `reports(own, library.threading) && reports(library.threading, own)`,
};
const TRUTHS = Object.keys(TRUTHS_CODE).map((truth) => `ok: ${truth}`);

const TWO_VERSIONS: Files = {
  "package.json": `{ "type": "module" }`,
  "node_modules/library/package.json": `{ "name": "library", "version": "1.0.0", "type": "module", "exports": "./index.mjs" }`,
  "node_modules/library/index.mjs": `
    import * as threading from "@x/threading";
    export { threading };
    export class Child extends threading.Thread { run() { return this.name; } }
    export function fail() { throw new threading.BrokenBarrierError("broken"); }
    threading.expose({ Child, fail });
    export const lock = new threading.Lock();
    export const event = new threading.Event();
    export const run = (target, args) => new threading.Thread({ target, args }).start().result(20_000);
  `,
  "main.mjs": `
    export function useBoth(first, second) { return first.with(() => 1) + second.with(() => 2) + Number(own.getIdent() === library.threading.getIdent()) * 3; }
    export function nameOf(thread) { thread.join(20_000); return thread.name; }
    export function fail(lock) { lock.release(); }
    export function ring(event) { event.set(); }
    export function count(lock, cells) { for (let i = 0; i < 2000; i++) lock.with(() => cells[0]++); }
    export function die(lock) { lock.acquire(); process.exit(); }
    own.expose({ useBoth, nameOf, fail, ring, count, die });

    if (own.isMainThread) {
      own.setExceptHook(() => undefined);
      library.threading.setExceptHook(() => undefined);
      const run = ({ Thread }, target, args) => new Thread({ target, args }).start().result(20_000);
      const thrown = (action) => { try { action(); } catch (error) { return error; } };
      const excludes = () => {
        const cells = new Int32Array(new SharedArrayBuffer(4));
        const threads = [own, library.threading].map(({ Thread }) => new Thread({ target: count, args: [library.lock, cells] }).start());
        for (const thread of threads) thread.join(20_000);
        return cells[0] === 4000;
      };
      const fires = ({ Timer, Event }) => {
        const event = new Event();
        const timer = new Timer(5, ring, [event]).start();
        return event.wait(20_000) && timer.join(20_000);
      };
      const reports = (dying, asking) => {
        const lock = new asking.Lock();
        new dying.Thread({ target: die, args: [lock] }).start().join(20_000);
        return thrown(() => lock.acquire(20_000)) instanceof asking.OwnerDiedError;
      };
      ${Object.entries(TRUTHS_CODE)
        .map(([truth, code]) => `console.log((${code}) ? "ok:" : "not ok:", ${JSON.stringify(truth)});`)
        .join("\n      ")}
    }
  `,
};
