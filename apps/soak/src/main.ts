/** npm run stress */
import { spawn, spawnSync } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { fakeDeaths } from "./faked-deaths.js";
import { type Kill, KILLS } from "./plan.js";
import type { MemoryOptions } from "./memory.js";
import type { SoakOptions } from "./rounds.js";
import { notRun, sparedKills } from "./spared-kills.js";
import type { Message } from "./watchdog.js";

const HELP = `npm run stress                           random programs for ten seconds, and the stress tests of each package
npm run stress -- --seconds N            random programs only, for N seconds
npm run stress -- --seed S               only the program of this seed, again and again, for ten seconds or --seconds
npm run stress -- --queues               only programs of queues, whose threads die, for ten seconds or --seconds
npm run stress -- --executors            only programs of executors, whose workers die, for ten seconds or --seconds
npm run stress -- --memory N             does memory grow over N threads, timers, views of barriers, submitters, deaths, …?
npm run stress -w @x/lock                the stress tests of one package; STRESS=10 makes them ten times as long

A random program has a few threads that block and tasks that await. They use all primitives at random, start threads and timers, and
die: by terminate, process.exit, an uncaught error, or lack of memory; while they hold, wait, or are being notified. The run checks
every promise. It fails if one is broken, or if a program does not end; then it prints the seed.

A program of queues has threads that put items of all kinds, moved ones too, and threads that get them, blocked or awaited; each may be
terminated at any point. The run fails if an item is lost or comes out twice.

A program of executors has threads that submit tasks of all kinds, and wait for their futures, blocked or awaited; workers and
submitters may be terminated at any point. The run fails if a future is not settled once, with the end of its own task, or if a task runs
twice.

--memory runs N / 50 real deaths, because each takes a worker and tens of milliseconds, and as many threads that leave a timer,
which end their workers, too; and N deaths of faked workers, which show what the supervisor keeps of a death. It prints the memory
along the way. It fails if memory grows, or if the supervisor still holds something of a thread at the end.

  --seconds N   how long to run (10)
  --seed S      a whole number from 0: which program
  --no-kills    no thread dies
  --without K   no thread dies by K ("out of memory", "terminate", …). What the runtime cannot do is left out by itself, and the
                run says so
  --limit N     a program that has not ended after N seconds has failed (60)
  --memory N    how many; a million takes hours on a busy machine, but of faked deaths ten minutes
  --deaths N    with --memory: how many real deaths
  --only K      with --memory: nothing but threads, timers, deaths, barriers, leavers, submitters or
                faked-deaths; may be repeated
  --help        print this text`;

const USAGE_ERROR = 2;

/** A small heap: threads run out of memory soon. */
const MEMORY_MB = 96;

/** A stuck program has 3 s to print a dump of its threads. */
const DUMP_MS = 3000;

/** Deno and Bun lack the flags. */
const isNode = process.versions["bun"] === undefined && process.versions["deno"] === undefined;

class UsageError extends Error {}

function positive(name: string, text: string): number {
  const n = Number(text);
  if (text.trim() === "" || !(n >= 0) || n === Infinity)
    throw new UsageError(`--${name} takes a number, not "${text}"`);
  return n;
}

function seedFrom(text: string): number {
  const seed = positive("seed", text);
  if (!Number.isInteger(seed)) throw new UsageError(`--seed takes a whole number, not "${text}"`);
  return seed;
}

function killFrom(text: string): Kill {
  if (!KILLS.includes(text as Kill)) throw new UsageError(`--without takes one of ${KILLS.join(", ")}, not "${text}"`);
  return text as Kill;
}

/**
 * Collects main's heap on request, and keeps the heaps of all threads small: garbage that an engine
 * has not collected yet would hide a growth, or look like one.
 */
const QUIET_HEAPS = ["--expose-gc", "--max-semi-space-size=1", "--max-old-space-size=48"];

/** A death costs a worker, and so the time of hundreds of threads. */
const THREADS_PER_DEATH = 50;

/** What `--memory` makes: the deaths of faked workers are a process of their own. */
type Memory = MemoryOptions & { readonly "faked-deaths": number };

/** @param deaths of `--deaths` */
function memoryFrom(n: number, deaths: string | undefined, only: readonly string[]): Memory {
  const real = deaths === undefined ? n / THREADS_PER_DEATH : positive("deaths", deaths);
  const all: Memory = {
    ...{ threads: n, timers: n, deaths: real, barriers: n },
    ...{ leavers: n / THREADS_PER_DEATH, submitters: n, "faked-deaths": n },
  };
  const kinds = Object.keys(all);
  const unknown = only.find((kind) => !kinds.includes(kind));
  if (unknown !== undefined) throw new UsageError(`--only takes one of ${kinds.join(", ")}, not "${unknown}"`);
  if (only.length === 0) return all;
  return Object.fromEntries(
    Object.entries(all).map(([kind, n]) => [kind, only.includes(kind) ? n : 0]),
  ) as unknown as Memory;
}

/** Reads the arguments; undefined for `--help`. */
function parse(args: readonly string[]): (SoakOptions & { readonly isAll: boolean }) | Memory | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seconds: { type: "string" },
      seed: { type: "string" },
      queues: { type: "boolean", default: false },
      executors: { type: "boolean", default: false },
      "no-kills": { type: "boolean", default: false },
      without: { type: "string", multiple: true, default: [] },
      limit: { type: "string", default: "60" },
      memory: { type: "string" },
      deaths: { type: "string" },
      only: { type: "string", multiple: true, default: [] },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return undefined;
  if (values.memory !== undefined) return memoryFrom(positive("memory", values.memory), values.deaths, values.only);
  for (const name of ["deaths", "only"] as const)
    if (values[name]?.length) throw new UsageError(`--${name} belongs to --memory`);
  return {
    seconds: positive("seconds", values.seconds ?? "10"),
    seed: values.seed === undefined ? undefined : seedFrom(values.seed),
    kills: !values["no-kills"],
    without: [...new Set([...values.without.map(killFrom), ...sparedKills().kills])],
    limit: 1000 * positive("limit", values.limit),
    queues: values.queues,
    executors: values.executors,
    isAll: values.seconds === undefined && values.seed === undefined && !values.queues && !values.executors,
  };
}

/** Runs programs in a child process, because a program may get stuck or crash. Returns true if all held. */
function soak(options: SoakOptions): Promise<boolean> {
  const soaking = fileURLToPath(new URL("soak.js", import.meta.url));
  const args = [`--max-old-space-size=${MEMORY_MB}`, soaking, JSON.stringify(options)];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "inherit", "pipe", "pipe"] });
  let seed: number | undefined;
  let errors = "";
  let report: string | undefined;
  child.stderr!.setEncoding("utf8").on("data", (text: string) => (errors = (errors + text).slice(-100_000)));
  createInterface(child.stdio[3] as Readable).on("line", (line) => {
    const message = JSON.parse(line) as Message;
    if ("begins" in message) seed = message.begins;
    else if ("report" in message) report = message.report;
    else {
      errors += `not ended after ${options.limit / 1000} s:\n${message.fuzzTasks.join("\n")}\n`;
      child.kill("SIGUSR2"); // all threads print their waits
      setTimeout(() => child.kill("SIGKILL"), DUMP_MS);
    }
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => {
      if (code === 0 && report !== undefined) {
        console.log(report);
        const left = options.kills && !options.queues && !options.executors ? notRun(sparedKills()) : undefined;
        if (left !== undefined) console.log(left);
      } else {
        const { kills } = sparedKills();
        const asked = options.without.filter((kill) => !kills.includes(kill));
        const without = asked.map((kill) => ` --without "${kill}"`).join("");
        const flags = `${options.kills ? without : " --no-kills"}${options.queues ? " --queues" : ""}${options.executors ? " --executors" : ""}`;
        console.error(`${errors}\nThe program of seed ${seed} has failed (${signal ?? `exit code ${code}`}). Again:`);
        console.error(`  npm run stress -- --seed ${seed}${flags}`);
      }
      resolve(code === 0 && report !== undefined);
    });
  });
}

/** Returns true if memory did not grow. */
async function watchMemory({ "faked-deaths": faked, ...real }: Memory): Promise<boolean> {
  const flags = isNode ? QUIET_HEAPS : [];
  const watching = fileURLToPath(new URL("memory.js", import.meta.url));
  const isReal = Object.values(real).some((n) => n > 0);
  const args = [...flags, watching, JSON.stringify(real satisfies MemoryOptions)];
  const wasFlat = !isReal || spawnSync(process.execPath, args, { stdio: "inherit" }).status === 0;
  const fault = faked > 0 ? await fakeDeaths(faked, flags) : undefined;
  if (fault !== undefined) console.error(fault);
  return wasFlat && fault === undefined;
}

/** Runs the stress tests of the packages. */
function tests(): boolean {
  const args = ["run", "turbo", "--", "stress", "--concurrency=1", "--continue"];
  return spawnSync("npm", args, { stdio: "inherit", cwd: new URL("../../..", import.meta.url) }).status === 0;
}

try {
  const options = parse(process.argv.slice(2));
  if (options === undefined) console.log(HELP);
  else if ("threads" in options) process.exitCode = (await watchMemory(options)) ? 0 : 1;
  else {
    const wasWell = await soak(options);
    const wereWell = !options.isAll || tests();
    process.exitCode = wasWell && wereWell ? 0 : 1;
  }
} catch (error) {
  const isUsage =
    error instanceof UsageError || String((error as { code?: unknown }).code).startsWith("ERR_PARSE_ARGS");
  if (!isUsage) throw error;
  console.error(`${(error as Error).message}\n${HELP}`);
  process.exitCode = USAGE_ERROR;
}
