/** npm run stress */
import { spawn, spawnSync } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type Kill, KILLS } from "./plan.js";
import type { MemoryOrder } from "./memory.js";
import type { Order } from "./soak.js";
import type { Told } from "./watchdog.js";

const HELP = `npm run stress                           random programs for ten seconds, and the stress tests of each package
npm run stress -- --seconds N            random programs alone, for N seconds
npm run stress -- --seed S               the program of this seed alone, again and again, for ten seconds or --seconds
npm run stress -- --memory N             does memory grow over N threads, timers, views of barriers, and a fiftieth of N deaths?
npm run stress -w @x/lock                the stress tests of one package; STRESS=10 makes those ten times as long

A random program is a few threads that block and tasks that await, which do random things to all primitives at once, start threads and
timers, and die: terminated, by process.exit, by an error that nobody catches, for want of memory; holding, waiting, being notified.
Whatever is to hold is checked. It fails if something does not, or if a program does not end; then it tells the seed.

  --seconds N   how long (10)
  --seed S      a whole number from 0: which program
  --no-kills    nobody dies
  --without K   nobody dies of K ("out of memory", "terminate", …): for runtimes that cannot end a thread so
  --limit N     a program that has not ended after so many seconds has failed (60)
  --memory N    how many; a million takes hours on a busy machine
  --help        this`;

const USAGE_ERROR = 2;

/** Threads that run out of memory shall do so soon. */
const MEMORY_MB = 96;

/** So many milliseconds it has, once it is known to be stuck, to tell who waits for whom. */
const DUMP_MS = 3000;

/** Other runtimes know no such flags. */
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

/** Main's heap is collected when asked, and those of all threads have no room for young objects that would hide a growth. */
const QUIET_HEAPS = ["--expose-gc", "--max-semi-space-size=1"];

/** A death takes a worker with it, which takes as long as hundreds of threads. */
const THREADS_PER_DEATH = 50;

/** What is asked for; undefined for help. */
function parse(args: readonly string[]): (Order & { readonly isAll: boolean }) | MemoryOrder | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seconds: { type: "string" },
      seed: { type: "string" },
      "no-kills": { type: "boolean", default: false },
      without: { type: "string", multiple: true, default: [] },
      limit: { type: "string", default: "60" },
      memory: { type: "string" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return undefined;
  if (values.memory !== undefined) {
    const n = positive("memory", values.memory);
    return { threads: n, timers: n, deaths: n / THREADS_PER_DEATH, barriers: n };
  }
  return {
    seconds: positive("seconds", values.seconds ?? "10"),
    seed: values.seed === undefined ? undefined : seedFrom(values.seed),
    kills: !values["no-kills"],
    without: values.without.map(killFrom),
    limit: 1000 * positive("limit", values.limit),
    isAll: values.seconds === undefined && values.seed === undefined,
  };
}

/** Runs programs in a process of their own, which may get stuck or crash; says whether all was well. */
function soak(order: Order): Promise<boolean> {
  const soaking = fileURLToPath(new URL("soak.js", import.meta.url));
  const args = [`--max-old-space-size=${MEMORY_MB}`, soaking, JSON.stringify(order)];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "inherit", "pipe", "pipe"] });
  let seed: number | undefined;
  let errors = "";
  let report: string | undefined;
  child.stderr!.setEncoding("utf8").on("data", (text: string) => (errors = (errors + text).slice(-100_000)));
  createInterface(child.stdio[3] as Readable).on("line", (line) => {
    const told = JSON.parse(line) as Told;
    if ("begins" in told) seed = told.begins;
    else if ("report" in told) report = told.report;
    else {
      errors += `not ended after ${order.limit / 1000} s:\n${told.walkers.join("\n")}\n`;
      child.kill("SIGUSR2"); // all threads tell what they wait for
      setTimeout(() => child.kill("SIGKILL"), DUMP_MS);
    }
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => {
      if (code === 0 && report !== undefined) console.log(report);
      else {
        const without = order.without.map((kill) => ` --without "${kill}"`).join("");
        const kills = order.kills ? without : " --no-kills";
        console.error(`${errors}\nThe program of seed ${seed} has failed (${signal ?? `exit code ${code}`}). Again:`);
        console.error(`  npm run stress -- --seed ${seed}${kills}`);
      }
      resolve(code === 0 && report !== undefined);
    });
  });
}

/** Says whether memory did not grow. */
function watchMemory(order: MemoryOrder): boolean {
  const watching = fileURLToPath(new URL("memory.js", import.meta.url));
  const args = [...(isNode ? QUIET_HEAPS : []), watching, JSON.stringify(order)];
  return spawnSync(process.execPath, args, { stdio: "inherit" }).status === 0;
}

/** The stress tests of the packages. */
function tests(): boolean {
  const args = ["run", "turbo", "--", "stress", "--concurrency=1", "--continue"];
  return spawnSync("npm", args, { stdio: "inherit", cwd: new URL("../../..", import.meta.url) }).status === 0;
}

try {
  const order = parse(process.argv.slice(2));
  if (order === undefined) console.log(HELP);
  else if ("threads" in order) process.exitCode = watchMemory(order) ? 0 : 1;
  else {
    const wasWell = await soak(order);
    const wereWell = !order.isAll || tests();
    process.exitCode = wasWell && wereWell ? 0 : 1;
  }
} catch (error) {
  const isUsage =
    error instanceof UsageError || String((error as { code?: unknown }).code).startsWith("ERR_PARSE_ARGS");
  if (!isUsage) throw error;
  console.error(`${(error as Error).message}\n${HELP}`);
  process.exitCode = USAGE_ERROR;
}
