/** The runtimes, in exact versions, installed from npm outside the workspace. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { type Command, type Ended, runChild } from "./child.ts";

/** Columns of every table, in this order. */
export const IDS = ["node20", "node22", "node24", "node26", "deno", "bun"] as const;
export type Id = (typeof IDS)[number];

/** The supported versions. To prove a newer version, change this table and docs/runtimes.md. */
const VERSIONS: Readonly<Record<Id, string>> = {
  node20: "20.19.5",
  node22: "22.23.3",
  node24: "24.21.0",
  node26: "26.10.0",
  deno: "2.9.6",
  bun: "1.4.5",
};

export const TITLES: Readonly<Record<Id, string>> = {
  node20: `Node ${VERSIONS.node20}`,
  node22: `Node ${VERSIONS.node22}`,
  node24: `Node ${VERSIONS.node24}`,
  node26: `Node ${VERSIONS.node26}`,
  deno: `Deno ${VERSIONS.deno}`,
  bun: `Bun ${VERSIONS.bun}`,
};

/** A program, and its time limit. */
export interface Program {
  /** A file, from `cwd`. */
  readonly file: string;
  readonly args?: readonly string[];
  /** Flags of V8, for Node and Deno. */
  readonly flags?: readonly string[];
  /** It is a file of tests for the runtime's own test runner. */
  readonly isTest?: true;
  /** The program's permissions, in the words of the runtime. Default: all. */
  readonly permissions?: readonly string[];
}

export interface Runtime {
  readonly id: Id;
  readonly title: string;
  readonly isNode: boolean;
  /** The binary. */
  readonly path: string;
  run(program: Program, how: Omit<Command, "file" | "args">): Promise<Ended>;
}

/** The package with this machine's binary, and the binary in it. */
function packageOf(id: Id): { name: string; binary: string } {
  const { platform, arch } = process;
  if (platform !== "linux" || (arch !== "x64" && arch !== "arm64"))
    throw new Error(`test:runtimes: no packages with binaries are known for ${platform}-${arch}; run it on Linux`);
  if (id === "deno") return { name: `@deno/linux-${arch}-glibc`, binary: "deno" };
  if (id === "bun") return { name: `@oven/bun-linux-${arch === "x64" ? arch : "aarch64"}`, binary: "bin/bun" };
  return { name: `node-linux-${arch}`, binary: "bin/node" };
}

const CACHE = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "x-threading/runtimes");

/**
 * Installs the runtime unless it is there, and returns the binary's path. An interrupted run leaves
 * no half installation.
 */
function install(id: Id, log: (text: string) => void): string {
  const { name, binary } = packageOf(id);
  const folder = join(CACHE, `${id}-${VERSIONS[id]}`);
  const path = join(folder, "node_modules", name, binary);
  if (existsSync(path)) return path;
  log(`installing ${name}@${VERSIONS[id]} …`);
  mkdirSync(CACHE, { recursive: true });
  const fresh = mkdtempSync(join(CACHE, "installing-"));
  try {
    writeFileSync(join(fresh, "package.json"), '{ "private": true }');
    const flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--save-exact", "--loglevel=error"];
    execFileSync("npm", ["install", ...flags, `${name}@${VERSIONS[id]}`], {
      ...{ cwd: fresh, stdio: ["ignore", "ignore", "inherit"], timeout: 300_000 },
    });
    renameSync(fresh, folder);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
  return path;
}

/** @throws if the installed version differs from the expected version */
export function prepare(id: Id, log: (text: string) => void): Runtime {
  const path = install(id, log);
  const isNode = id.startsWith("node");
  const version = execFileSync(path, ["--version"], { encoding: "utf8", timeout: 60_000 });
  if (!version.includes(VERSIONS[id])) throw new Error(`test:runtimes: ${path} says it is ${version}; remove ${CACHE}`);
  return {
    ...{ id, title: TITLES[id], isNode, path },
    run: (program, how) =>
      runChild({
        ...{ ...how, file: path, args: argsFor(id, program), dumps: isNode },
        env: { ...ENVIRONMENT, ...how.env, PATH: `${dirname(path)}:${process.env["PATH"]}` },
      }),
  };
}

/** No lookups in the network, no files in the user's own folders. */
const ENVIRONMENT = {
  DENO_DIR: join(CACHE, "deno-dir"),
  DENO_NO_UPDATE_CHECK: "1",
  DENO_NO_PROMPT: "1",
  BUN_RUNTIME_TRANSPILER_CACHE_PATH: "0",
};

function argsFor(id: Id, { file, args = [], flags = [], isTest, permissions }: Program): string[] {
  if (id === "deno") {
    const v8 = flags.length === 0 ? [] : [`--v8-flags=${flags.join(",")}`];
    const how = isTest === true ? ["test", "--no-check"] : ["run"];
    return [...how, ...(permissions ?? ["-A"]), "--no-lock", ...v8, file, ...args];
  }
  if (id === "bun") return [...(isTest === true ? ["test"] : ["--no-install"]), file, ...args];
  return [...(permissions ?? []), ...flags, ...(isTest === true ? ["--test"] : []), file, ...args];
}
