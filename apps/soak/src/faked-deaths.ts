/**
 * Runs the supervisor with deaths of faked workers, and checks that it keeps nothing of them. A real
 * death takes tens of milliseconds of a core, so a million of them would take a day.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { growthOf, hasGrown, mib, NOISE, type Sample } from "./growth.js";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const THREAD = join(ROOT, "packages/thread");

/**
 * 512 KiB: the heap is collected for each sample, and then differs by a quarter of that. Of a million
 * deaths not even two bytes each may stay.
 */
const HEAP_NOISE = 2 ** 19;

/** A replacement in a source file of the supervisor, which must hold the text exactly one time. */
export interface Breakage {
  readonly file: string;
  readonly replace: string;
  readonly by: string;
}

/** What the process prints: see packages/thread/test/faked-deaths/main.ts. */
type Line = (Sample & { readonly external: number }) | { readonly left: Readonly<Record<string, number>> };

/**
 * Lets `n` threads die, and prints the memory along the way. Returns what is wrong, or undefined.
 *
 * @param flags options of the engine
 * @param breakages to show that the check can fail
 */
export async function fakeDeaths(
  n: number,
  flags: readonly string[],
  breakages: readonly Breakage[] = [],
): Promise<string | undefined> {
  const folder = mkdtempSync(join(tmpdir(), "faked-deaths-"));
  try {
    const file = join(folder, "main.mjs");
    await bundle(file, breakages);
    return await run(n, [...flags, file, String(n)]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Bundles the sources, because the faces of the packages do not show the rooms of the supervisor. */
async function bundle(outfile: string, breakages: readonly Breakage[]): Promise<void> {
  const { build } = await import("esbuild");
  const unused = new Set(breakages);
  await build({
    entryPoints: [join(THREAD, "test/faked-deaths/main.ts")],
    ...{ outfile, absWorkingDir: ROOT, logLevel: "error", sourcemap: "inline" },
    ...{ bundle: true, format: "esm", platform: "node", target: "es2022", conditions: ["@x/source"] },
    plugins: [
      {
        name: "broken",
        setup(building) {
          building.onLoad({ filter: /supervisor[\\/][\w-]+\.ts$/ }, ({ path }) => {
            const here = breakages.filter(({ file }) => file === basename(path));
            for (const breakage of here) unused.delete(breakage);
            return { contents: here.reduce(broken, readFileSync(path, "utf8")), loader: "ts" };
          });
        },
      },
    ],
  });
  for (const { file } of unused) throw new Error(`the supervisor does not import ${file}`);
}

function broken(text: string, { file, replace, by }: Breakage): string {
  const pieces = text.split(replace);
  if (pieces.length !== 2) throw new Error(`${file} has this ${pieces.length - 1} times: ${replace}`);
  return pieces.join(by);
}

async function run(n: number, args: readonly string[]): Promise<string | undefined> {
  const began = performance.now();
  console.log("faked deaths  seconds  rss MiB  heap MiB  external MiB");
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const exited = new Promise<number | null>((resolve, reject) => child.on("error", reject).on("close", resolve));
  const samples: Sample[] = [];
  let left: Readonly<Record<string, number>> | undefined;
  for await (const text of createInterface(child.stdout)) {
    const line = JSON.parse(text) as Line;
    if ("left" in line) {
      left = line.left;
      continue;
    }
    samples.push(line);
    const seconds = ((performance.now() - began) / 1000).toFixed(1).padStart(8);
    console.log(
      `${String(line.made).padEnd(12)} ${seconds} ${mib(line.rss)}  ${mib(line.heap)} ${mib(line.external).padStart(13)}`,
    );
  }
  const exitCode = await exited;
  if (exitCode !== 0 || left === undefined)
    return `the supervisor of the faked deaths has ended with exit code ${exitCode}`;
  return wrong(samples, left, n);
}

/** What is left after the last thread, or memory that has grown. */
function wrong(samples: readonly Sample[], left: Readonly<Record<string, number>>, n: number): string | undefined {
  const name = "faked deaths";
  const rest = Object.entries(left).map(([what, many]) => `${many} ${what}`);
  if (rest.length > 0) return `after ${n} ${name} the supervisor still holds ${rest.join(", ")}`;
  const [heap, rss] = [growthOf(samples, (of) => of.heap), growthOf(samples, (of) => of.rss)];
  if (heap > HEAP_NOISE) return hasGrown("heap", heap, n, name);
  return rss > NOISE ? hasGrown("rss", rss, n, name) : undefined;
}
