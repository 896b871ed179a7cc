/**
 * The capabilities of each runtime: the rows of docs/runtimes.md. Each runs a program of ./probes.
 * Beside it stand the limits of a runtime or of the library there, with the effect and the reason.
 * A cell that differs from this list fails the run.
 */
import type { ChildProcess } from "node:child_process";
import { join } from "node:path";
import { type Ended, tail, troubleOf } from "./child.ts";
import { type Id, IDS, type Program, type Runtime } from "./runtimes.ts";
import type { Site } from "./site.ts";
import type { Limit, Result } from "./verdicts.ts";

export interface Expected {
  /** The effect for the user. */
  readonly sees: string;
  readonly why: string;
  readonly sometimes?: true;
}

export interface Capability {
  readonly area: string;
  /** The first cell of the row, in Markdown. */
  readonly title: string;
  /** A file in ./probes. */
  readonly program: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Flags of V8. */
  readonly flags?: readonly string[];
  readonly isTest?: true;
  /** The program's permissions; undefined for a runtime without permissions. */
  readonly permissions?: (id: Id) => readonly string[] | undefined;
  /** Checks the program's output. Default: its last line, written by probe.mjs. */
  readonly judge?: (ended: Ended) => string;
  readonly started?: (child: ChildProcess) => void;
  /** The time limit in milliseconds, if it differs from the default. */
  readonly limit?: number;
  readonly limits?: Partial<Readonly<Record<Id, Expected>>>;
}

const NODES = IDS.filter((id) => id.startsWith("node"));

/** The same limit for several runtimes. */
function on(ids: readonly Id[], expected: Expected): Partial<Record<Id, Expected>> {
  return Object.fromEntries(ids.map((id) => [id, expected]));
}

/** The expected output and exit code. */
function prints(lines: readonly string[], code: number = 0): (ended: Ended) => string {
  return (ended) => {
    if (ended.hung) return "hangs";
    const seen = ended.out.trimEnd().split("\n");
    if (seen.join("\n") !== lines.join("\n")) return `prints ${seen.join(", ") || "nothing"}`;
    return ended.code === code ? "yes" : `ends with ${ended.signal ?? `exit code ${ended.code}`}`;
  };
}

/** Sends a signal when the program is ready. */
function signalled(signal: NodeJS.Signals): (child: ChildProcess) => void {
  return (child) => {
    let said = "";
    const listen = (text: string): void => {
      said += text;
      if (!said.includes("ready")) return;
      child.stdout!.off("data", listen);
      // The program reports that it is ready, then blocks; an earlier signal has the same effect.
      setTimeout(() => child.kill(signal), 300);
    };
    child.stdout!.on("data", listen);
  };
}

const endedBy =
  (signal: string) =>
  ({ hung, signal: seen, code }: Ended): string =>
    hung ? "it goes on" : seen === signal ? "yes" : `ends with ${seen ?? `exit code ${code}`}`;

const STACK: Expected = {
  sees: "ThreadError: thread: the stack size cannot be chosen on this platform; leave it at 0",
  why: "The runtime ignores the stack size of a worker, so the library refuses it.",
};
const NO_KILL =
  "Deno's `terminate` stops no JavaScript that runs: a thread that computes goes on until it blocks or comes to its event loop.";

/** The time for the dump: afterwards the output is complete. */
const DUMP_MS = 4500;

/** How the owner of a lock dies, in the words of the table. */
const HOW = {
  throw: "an uncaught error",
  exit: "`process.exit`",
  waits: "`terminate` as it waits",
  computes: "`terminate` as it computes",
} as const;

export const CAPABILITIES: readonly Capability[] = [
  { area: "Primitives", title: "all primitives, blocking, with timeouts", program: "blocking.mjs" },
  { area: "Primitives", title: "all primitives, awaited, with an `AbortSignal`", program: "awaited.mjs" },
  { area: "Primitives", title: "in workers of `node:worker_threads` that the program starts", program: "foreign.mjs" },
  {
    ...{ area: "Primitives", title: "in Web Workers", program: "web-worker.mjs" },
    limits: on(NODES, { sees: "there are no Web Workers", why: "Node has `node:worker_threads` only." }),
  },

  { area: "Threads", title: "functions, callable objects, subclasses with fields", program: "targets.mjs" },
  { area: "Threads", title: "`result()`, blocking", program: "results.mjs" },
  { area: "Threads", title: "`await resultAsync()`", program: "results.mjs", args: ["awaited"] },
  { area: "Threads", title: "arguments: primitives, threads, cycles, collections", program: "arguments.mjs" },
  {
    area: "Threads",
    title: "values that hold queues, shared objects, locks, `SharedArrayBuffer`s",
    program: "memory-in-values.mjs",
  },
  {
    area: "Threads",
    title: "an item with memory that `get` cannot take stays for `getAsync`",
    program: "memory-awaited.mjs",
  },
  { area: "Threads", title: "errors arrive whole: class, cause, code, fields, stack", program: "errors.mjs" },
  {
    area: "Threads",
    title: "an unhandled rejection ends its thread, and `result()` throws it",
    program: "rejection.mjs",
  },
  { area: "Threads", title: "threads that start threads, `sleep`, `Timer`", program: "nested.mjs" },
  { area: "Threads", title: "a hundred threads at once", program: "many.mjs", limit: 150_000 },
  { area: "Threads", title: "what a thread leaves in its event loop ends with it", program: "leftovers.mjs" },
  { area: "Threads", title: "`sharedGlobals()`, `Local`", program: "shared.mjs" },
  { area: "Threads", title: "started in a worker that the program starts", program: "starts-in-worker.mjs" },
  { area: "Threads", title: "`stackSize(bytes)`", program: "stack-size.mjs", limits: on(["deno", "bun"], STACK) },

  ...(["throw", "exit", "waits", "computes"] as const).flatMap((how) =>
    (["blocked", "awaited"] as const).map((form) => ({
      area: "Deaths",
      title: `\`OwnerDiedError\`, ${form}, after ${HOW[how]}`,
      program: "owner-died.mjs",
      args: [how, form],
    })),
  ),
  {
    ...{ area: "Deaths", title: "`OwnerDiedError` after its owner ran out of memory", program: "owner-died.mjs" },
    ...{ args: ["memory", "blocked"], flags: ["--max-old-space-size=100"] },
    limits: {
      node24: {
        sees: "the process aborts: out of memory",
        why: "V8 ends the whole process if a worker has no memory left; on Node 24 it sometimes does so with bare workers, too.",
        sometimes: true,
      },
      bun: {
        sees: "there is no limit: the thread goes on",
        why: "Bun ignores memory limits, of the process and of a worker: a thread takes all memory of the machine.",
      },
      deno: {
        sees: "the process aborts: out of memory",
        why: "Deno has no memory limit for a worker: the whole process runs out of memory.",
      },
    },
  },
  {
    area: "Deaths",
    title: "`terminate` ends a thread that computes for ever",
    program: "terminate-ends.mjs",
    limits: { deno: { sees: "it counts as ended, but goes on computing", why: NO_KILL } },
  },
  {
    area: "Deaths",
    title: "`notify` passes by a waiter that was terminated",
    program: "terminated-waiter.mjs",
  },

  { area: "Looking in", title: "`dumpThreads()`, `detectDeadlocks()`", program: "deadlocks.mjs" },
  {
    ...{
      area: "Looking in",
      title: "`SIGUSR2` prints all threads while main is blocked",
      program: "waits-for-ever.mjs",
    },
    limits: {
      bun: {
        sees: "the process ends with SIGUSR2",
        why: "On Bun no signal reaches a worker, and main cannot listen while it is blocked: call `dumpThreads()` in a thread instead.",
      },
    },
    started: (child) => {
      signalled("SIGUSR2")(child);
      signalledLater(child);
    },
    judge: ({ signal, err, hung, code }) => {
      if (/stayer/.test(err)) return "yes";
      if (hung || signal === "SIGKILL") return "nothing is printed";
      return `the process ends with ${signal ?? `exit code ${code}`}`;
    },
  },
  { area: "Looking in", title: "`setTrace`", program: "trace.mjs", args: ["trace"] },
  { area: "Looking in", title: "`setProfile`", program: "trace.mjs", args: ["profile"] },

  {
    ...{ area: "The end of the program", title: "threads are waited for", program: "end.mjs", args: ["waits"] },
    judge: prints(["main", "thread", "async thread"]),
  },
  {
    ...{ area: "The end of the program", title: "daemons are not", program: "end.mjs", args: ["daemon"] },
    judge: prints(["main"]),
  },
  {
    ...{ area: "The end of the program", title: "after `process.exit(7)` in main, they are", program: "end.mjs" },
    ...{ args: ["exit"], judge: prints(["thread"], 7) },
  },
  {
    ...{ area: "The end of the program", title: "after an uncaught error in main, they are", program: "end.mjs" },
    ...{ args: ["throws"], judge: prints(["thread"], 1) },
  },
  {
    ...{ area: "The end of the program", title: "what threads print is there, in order", program: "end.mjs" },
    ...{ args: ["output"], judge: prints(["line 0", "line 1", "line 2", "main"]) },
  },
  {
    ...{ area: "The end of the program", title: "`await lock.acquireAsync()` keeps it alive", program: "end.mjs" },
    ...{ args: ["awaits"], judge: prints(["acquired"]) },
  },
  {
    ...{
      area: "The end of the program",
      title: "`SIGINT` ends it while main is blocked",
      program: "waits-for-ever.mjs",
    },
    ...{ started: signalled("SIGINT"), judge: endedBy("SIGINT") },
  },
  {
    ...{
      area: "The end of the program",
      title: "`SIGTERM` ends it while main is blocked",
      program: "waits-for-ever.mjs",
    },
    ...{ started: signalled("SIGTERM"), judge: endedBy("SIGTERM") },
  },
  {
    ...{
      area: "The end of the program",
      title: "a forgotten `if (isMainThread)` is an error",
      program: "no-guard.mjs",
    },
    judge: ({ hung, code, err }) =>
      hung ? "hangs" : /isMainThread/.test(err) && code !== 0 ? "yes" : `exit code ${code}: ${lastLine(err)}`,
  },

  { area: "Languages and tools", title: "CommonJS", program: "common.cjs" },
  { area: "Languages and tools", title: "`import` and `require` load one copy", program: "common.cjs", args: ["both"] },
  {
    ...{ area: "Languages and tools", title: "TypeScript, run as it is", program: "typed.ts" },
    limits: { node20: { sees: "needs tsx or a build", why: "Node 20 does not strip types." } },
    judge: (ended) => (/ERR_UNKNOWN_FILE_EXTENSION/.test(ended.err) ? "needs tsx or a build" : lastOf(ended)),
  },
  {
    ...{ area: "Languages and tools", title: "`using held = lock.hold()` in JavaScript", program: "using.mjs" },
    limits: on(["node20", "node22"], {
      sees: "the syntax is not known; TypeScript and bundlers translate it",
      why: "V8 knows `using` since Node 24.",
    }),
  },
  {
    ...{ area: "Languages and tools", title: "in the runtime's test runner", program: "tested.test.mjs", isTest: true },
    judge: (ended) => troubleOf(ended) ?? "yes",
  },
  {
    ...{ area: "Languages and tools", title: "with permissions, as few as needed", program: "squares.mjs" },
    permissions: (id) => PERMISSIONS[id],
    limits: { bun: { sees: "there are no permissions", why: "Bun has none." } },
  },
];

const PERMISSIONS: Partial<Record<Id, readonly string[]>> = {
  node20: ["--experimental-permission", "--allow-worker", "--allow-fs-read=*"],
  node22: ["--permission", "--allow-worker", "--allow-fs-read=*"],
  node24: ["--permission", "--allow-worker", "--allow-fs-read=*"],
  node26: ["--permission", "--allow-worker", "--allow-fs-read=*"],
  deno: ["--allow-read", "--no-prompt"],
};

/** For programs that do not end: the effect is their end by the limit. */
function signalledLater(child: ChildProcess): void {
  setTimeout(() => child.kill("SIGKILL"), DUMP_MS).unref();
}

const LIMIT_MS = 60_000;

/** Runs the program of a capability. */
export async function seenBy(
  capability: Capability,
  runtime: Runtime,
  site: Site,
): Promise<Omit<Result, "runtime" | "part">> {
  const { title, permissions, judge = lastOf, args, flags, isTest, started, env } = capability;
  const permitted = permissions?.(runtime.id);
  if (permissions !== undefined && permitted === undefined)
    return { name: title, state: "fail", sees: "there are no permissions" };
  const program: Program = {
    file: join(site.programs, capability.program),
    ...(args === undefined ? {} : { args }),
    ...(flags === undefined ? {} : { flags }),
    ...(isTest === undefined ? {} : { isTest }),
    ...(permitted === undefined ? {} : { permissions: permitted }),
  };
  const how = {
    cwd: site.programs,
    limit: capability.limit ?? LIMIT_MS,
    ...(started === undefined ? {} : { started }),
    ...(env && { env }),
  };
  const ended = await runtime.run(program, how);
  const sees = judge(ended);
  if (sees === "yes") return { name: title, state: "pass" };
  return { name: title, state: "fail", sees, details: tail(`${ended.out}${ended.err}`) };
}

/** The last line of a probe or, without output, how it ended. */
function lastOf(ended: Ended): string {
  const said = /^(?:yes|no: (.*))$/.exec(lastLine(ended.out));
  if (ended.hung) return said === null ? "hangs" : "does not end";
  if (said === null) {
    const trouble = ended.signal === undefined ? `exit code ${ended.code}` : `the process is killed by ${ended.signal}`;
    return /out of memory|heap limit/i.test(ended.err)
      ? "the process aborts: out of memory"
      : `${trouble}: ${lastLine(ended.err)}`;
  }
  return said[1] ?? troubleOf(ended) ?? "yes";
}

function lastLine(text: string): string {
  return text.trimEnd().split("\n").at(-1) ?? "";
}

/** The limits of all capabilities. */
export function capabilityLimits(): Limit[] {
  return CAPABILITIES.flatMap(({ title, limits = {} }) =>
    Object.entries(limits).map(([id, expected]) => ({ ...expected, on: [id as Id], name: nameOf(title) })),
  );
}

function nameOf(title: string): RegExp {
  return new RegExp(`^${title.replace(/[$()*+.?[\\\]^{|}]/g, "\\$&")}$`);
}
