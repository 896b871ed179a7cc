/** A copy of the repository. It changes, builds and tests a source file at a time. */
import { spawn } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { mutated, ROOT } from "./mutants.mjs";

const LEFT_OUT = new Set(["node_modules", ".git", ".turbo", ".results", "coverage"]);

/**
 * npm's links to our own packages are copied, and so lead to the copies. All else is shared, except
 * caches.
 */
const OURS = "@x";
const isShared = (/** @type {string} */ name) => name !== OURS && (name === ".bin" || !name.startsWith("."));

const RESULTS = ".results/mutant.json";

/** The last line of a test's watchdog. */
const WATCHDOG = /^watchdog: stuck.*\n/m;

/**
 * What the tests said of a mutant. `by` is the first test that failed.
 *
 * @typedef {{ status: "killed" | "timeout" | "invalid" | "survived", by?: string, ms: number }} Verdict
 */

export class Sandbox {
  #root = mkdtempSync(join(tmpdir(), "mutation-"));
  /** @type {Set<() => void>} */
  #kill = new Set();

  constructor() {
    cpSync(ROOT, this.#root, { recursive: true, filter: (path) => !LEFT_OUT.has(basename(path)) });
    const modules = join(this.#root, "node_modules");
    mkdirSync(modules);
    for (const name of readdirSync(join(ROOT, "node_modules")).filter(isShared)) {
      symlinkSync(join(ROOT, "node_modules", name), join(modules, name));
    }
    cpSync(join(ROOT, "node_modules", OURS), join(modules, OURS), { recursive: true, verbatimSymlinks: true });
  }

  close() {
    for (const kill of this.#kill) kill();
    rmSync(this.#root, { recursive: true, force: true });
  }

  /**
   * @param {import("./mutants.mjs").Mutant | undefined} mutant none: the sources as they are
   * @param {readonly string[]} suites files of tests, run in this order until one fails
   * @param {number} limit milliseconds
   * @returns {Promise<Verdict>}
   */
  async try(mutant, suites, limit) {
    if (mutant === undefined) return this.#test(suites, limit);
    const folder = join(this.#root, dirname(dirname(mutant.file)));
    const file = join(this.#root, mutant.file);
    const [text, dist, kept] = [readFileSync(file, "utf8"), join(folder, "dist"), join(folder, ".dist")];
    cpSync(dist, kept, { recursive: true });
    try {
      writeFileSync(file, mutated(text, mutant));
      const { code } = await this.#run(join("node_modules", ".bin", "tsup"), ["--no-dts", "--silent", "--no-clean"], {
        cwd: folder,
        limit: 60_000,
      });
      if (code !== 0) return { status: "invalid", ms: 0 };
      return await this.#test(suites, limit);
    } finally {
      writeFileSync(file, text);
      rmSync(dist, { recursive: true });
      cpSync(kept, dist, { recursive: true });
      rmSync(kept, { recursive: true });
    }
  }

  /**
   * @param {readonly string[]} suites
   * @param {number} limit
   * @returns {Promise<Verdict>}
   */
  async #test(suites, limit) {
    rmSync(join(this.#root, RESULTS), { force: true });
    const begin = performance.now();
    const args = ["run", "--config", "vitest.mutation.config.ts", "--reporter=json", `--outputFile=${RESULTS}`];
    const { code, stderr } = await this.#run(join("node_modules", ".bin", "vitest"), args, {
      cwd: this.#root,
      limit,
      env: { MUTATION_SUITES: JSON.stringify(suites) },
    });
    const ms = performance.now() - begin;
    if (code === 0) return { status: "survived", ms };
    if (code === undefined) return { status: "timeout", ms };
    return { status: "killed", by: this.#firstFailure() ?? stderr.trim().split("\n").at(-1) ?? "", ms };
  }

  /** @returns {string | undefined} */
  #firstFailure() {
    if (!existsSync(join(this.#root, RESULTS))) return undefined;
    const { testResults } = JSON.parse(readFileSync(join(this.#root, RESULTS), "utf8"));
    for (const { name, assertionResults, status, message } of testResults) {
      const failed = assertionResults.find((/** @type {{ status: string }} */ { status }) => status === "failed");
      const file = basename(name);
      if (failed !== undefined) return `${file}: ${failed.fullName}`;
      if (status === "failed") return `${file}: ${message.split("\n")[0]}`;
    }
    return undefined;
  }

  /**
   * Runs a command in its own process group, and kills the group after the limit or at the end of
   * the run.
   *
   * @param {string} command from the root of the sandbox
   * @param {readonly string[]} args
   * @param {{ cwd: string, limit: number, env?: Record<string, string> }} options
   * @returns {Promise<{ code: number | undefined, stderr: string }>} no code after the limit
   */
  #run(command, args, { cwd, limit, env = {} }) {
    const child = spawn(join(this.#root, command), args, {
      ...{ cwd, detached: true, stdio: ["ignore", "ignore", "pipe"] },
      env: { ...process.env, ...env },
    });
    const kill = () => void (child.pid !== undefined && process.kill(-child.pid, "SIGKILL"));
    this.#kill.add(kill);
    let stderr = "";
    let late = false;
    let hasBarked = false;
    child.stderr?.on("data", (chunk) => {
      stderr += chunk;
      if (!hasBarked && WATCHDOG.test(stderr)) {
        hasBarked = true;
        kill(); // the tests' process has ended, and their runner may wait for it for ever
      }
    });
    const timer = setTimeout(() => {
      late = true;
      kill();
    }, limit);
    return new Promise((resolve, reject) => {
      child.on("error", reject);
      child.on("close", (code) => {
        clearTimeout(timer);
        this.#kill.delete(kill);
        resolve({ code: late ? undefined : (code ?? 1), stderr });
      });
    });
  }
}
