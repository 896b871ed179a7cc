/**
 * The tools, in exact versions. Each set is installed from npm outside the workspace, in its own
 * folder.
 */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

/** The TypeScript for tools that need it. */
const TYPESCRIPT = "5.9.3";

/** The sets of tools. To try a newer version, change this table. */
const SETS = {
  "typescript-5.0": { typescript: "5.0.4" },
  "typescript-5.4": { typescript: "5.4.5" },
  "typescript-5.9": { typescript: TYPESCRIPT },
  "typescript-6.0": { typescript: "6.0.3" },
  "typescript-7.0": { typescript: "7.0.2" },
  // Apart from the compilers, because a program checked without them must not find them.
  "types-node-20": { "@types/node": "20.4.10" },
  "types-node-22": { "@types/node": "22.19.1" },
  "types-node-24": { "@types/node": "24.10.1" },
  tsx: { tsx: "4.23.15" },
  "ts-node": { "ts-node": "10.9.2", typescript: TYPESCRIPT, "@types/node": "20.19.43" },
  jest: { jest: "30.5.2", "ts-jest": "29.4.15", "jest-environment-jsdom": "30.5.2", typescript: TYPESCRIPT },
  vitest: { vitest: "4.1.12", tsx: "4.23.15" },
  mocha: { mocha: "12.0.3", sinon: "22.1.0" },
  pnpm: { pnpm: "10.34.9" },
  // Bundlers, each with what its users mostly add.
  esbuild: { esbuild: "0.28.2" },
  rollup: {
    ...{ rollup: "4.68.8", "@rollup/plugin-node-resolve": "16.0.3" },
    ...{ "@rollup/plugin-commonjs": "29.0.3", "@rollup/plugin-terser": "1.0.2" },
  },
  rolldown: { rolldown: "1.3.3" },
  tsup: { tsup: "9.0.0", typescript: TYPESCRIPT },
  tsdown: { tsdown: "0.23.7", typescript: TYPESCRIPT },
  webpack: {
    ...{ webpack: "5.113.0", "webpack-cli": "7.3.1" },
    ...{ "webpack-dev-server": "6.1.0", "html-webpack-plugin": "5.6.8" },
  },
  rspack: { "@rspack/core": "2.3.3", "@rspack/cli": "2.2.8" },
  vite: { vite: "8.4.0" },
  ncc: { "@vercel/ncc": "0.45.0" },
  parcel: { parcel: "2.16.4" },
  postject: { postject: "1.0.0-alpha.6", esbuild: "0.28.2" },
  next: { next: "16.4.6", react: "19.3.1", "react-dom": "19.3.1" },
} as const satisfies Readonly<Record<string, Readonly<Record<string, string>>>>;
export type Tool = keyof typeof SETS;

/** The versions of dependencies are those of this day, so a release of tomorrow changes nothing here. */
const BEFORE = "2026-11-28";

const CACHE = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "x-threading/consumers");

const INSTALL_MS = 300_000;

/** The folder of a project. The project finds the tool in a folder above, as in a monorepo. */
export interface Installed {
  /** The binary, or the script for Node. */
  readonly bin: (name: string) => string;
  /** Creates an empty folder; it is removed at the end of this process. */
  readonly newFolder: () => string;
}

export function versionOf(tool: Tool, name: string = tool): string {
  return (SETS[tool] as Readonly<Record<string, string>>)[name]!;
}

const made = new Set<string>();
let keep = false;

/** Keeps the folders from now on; returns their parent. */
export function keepFolders(): string {
  keep = true;
  return CACHE;
}

process.on("exit", () => {
  if (!keep) for (const folder of made) rmSync(folder, { recursive: true, force: true });
});

/** Installs the set unless it is there. An interrupted run leaves no half installation. */
export async function installTool(tool: Tool, tell: (text: string) => void): Promise<Installed> {
  const dependencies = SETS[tool];
  const text = JSON.stringify({ private: true, dependencies, before: BEFORE });
  const hash = createHash("sha256").update(text).digest("hex").slice(0, 8);
  const folder = join(CACHE, `${tool}-${hash}`);
  if (!existsSync(folder)) {
    tell(`installing ${Object.entries(dependencies).map((pair) => pair.join("@")).join(", ")} …`); // prettier-ignore
    mkdirSync(CACHE, { recursive: true });
    const fresh = mkdtempSync(join(CACHE, "installing-"));
    try {
      writeFileSync(join(fresh, "package.json"), text);
      const flags = ["--ignore-scripts", "--no-audit", "--no-fund", `--before=${BEFORE}`, "--loglevel=error"];
      await promisify(execFile)("npm", ["install", ...flags], { cwd: fresh, timeout: INSTALL_MS });
      renameSync(fresh, folder);
    } finally {
      rmSync(fresh, { recursive: true, force: true });
    }
  }
  return {
    bin: (name) => join(folder, "node_modules", name),
    newFolder: () => newFolder(join(folder, "projects")),
  };
}

/** A folder without any tool above it. */
export function newFolder(parent: string = join(CACHE, "plain")): string {
  mkdirSync(parent, { recursive: true });
  removeOld(parent);
  const folder = mkdtempSync(join(parent, "p-"));
  made.add(folder);
  return folder;
}

const OLD_MS = 86_400_000;

/** The remains of a killed run. */
function removeOld(parent: string): void {
  for (const name of readdirSync(parent)) {
    const folder = join(parent, name);
    if (Date.now() - statSync(folder).mtimeMs > OLD_MS) rmSync(folder, { recursive: true, force: true });
  }
}
