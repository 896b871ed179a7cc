/** Tools that run TypeScript without a build, in every thread. */
import { readFileSync } from "node:fs";
import type { Id } from "../runtimes/runtimes.ts";
import type { Check, Environment } from "./checks.ts";
import { LIMIT_MS, newProject, printed } from "./project.ts";
import type { Tool } from "./tools.ts";

const PROGRAM = readFileSync(new URL("./projects/typescript/count.ts", import.meta.url), "utf8");
const PRINTS = ["10000,10000 20000", "10", "true"];

interface Runner {
  readonly title: string;
  readonly tool?: Tool;
  readonly on: readonly Id[];
  readonly files: readonly ProgramFile[];
  /** The flags of Node. */
  readonly args: (bin: (name: string) => string) => readonly string[];
}

/** The program's name, and its package.json. */
type ProgramFile = "main.mts" | "main.cts" | "main.ts, a module" | "main.ts, CommonJS";
const ALL: readonly ProgramFile[] = ["main.mts", "main.cts", "main.ts, a module", "main.ts, CommonJS"];

const RUNNERS: readonly Runner[] = [
  {
    ...{ title: "tsx", tool: "tsx", on: ["node20", "node22", "node24", "node26"], files: ALL },
    args: (bin) => [bin("tsx/dist/cli.mjs")],
  },
  {
    ...{ title: "node --import tsx", tool: "tsx", on: ["node20", "node24"], files: ALL },
    args: () => ["--import", "tsx"],
  },
  {
    ...{ title: "ts-node", tool: "ts-node", on: ["node20"], files: ["main.cts", "main.ts, CommonJS"] },
    args: (bin) => [bin("ts-node/dist/bin.js")],
  },
  {
    ...{ title: "node -r ts-node/register", tool: "ts-node", on: ["node20"] },
    files: ["main.cts", "main.ts, CommonJS"],
    args: () => ["-r", "ts-node/register"],
  },
  {
    ...{
      title: "node --loader ts-node/esm",
      tool: "ts-node",
      on: ["node20"],
      files: ["main.mts", "main.ts, a module"],
    },
    args: () => ["--no-warnings", "--loader", "ts-node/esm"],
  },
  {
    ...{ title: "Node itself", on: ["node22", "node24", "node26"], files: ALL },
    args: () => [],
  },
];

export function typescriptChecks(environment: Environment): Check[] {
  return RUNNERS.flatMap((runner) =>
    runner.on.flatMap((id) => runner.files.map((file) => checkOf(runner, id, file, environment))),
  );
}

function checkOf({ title, tool, args }: Runner, id: Id, file: ProgramFile, environment: Environment): Check {
  const [name, kind] = file.split(", ") as [string, string?];
  const isCommonJS = name.endsWith(".cts") || kind === "CommonJS";
  return {
    on: `${title}, ${id}`,
    name: file,
    needs: tool === undefined ? [id] : [tool, id],
    async run() {
      const folder = newProject(environment, {
        ...(tool !== undefined && { tool }),
        files: {
          [name]: isCommonJS ? inCommonJS(PROGRAM, tool === undefined) : PROGRAM,
          "package.json": JSON.stringify({ type: kind === "a module" ? "module" : "commonjs" }),
          "tsconfig.json": JSON.stringify({ compilerOptions: OPTIONS, "ts-node": { transpileOnly: true } }),
        },
      });
      const bin = tool === undefined ? () => "" : environment.tool(tool).bin;
      const flags = args(bin);
      const ended = await environment.runtime(id).run({ file: name, flags }, { cwd: folder, limit: LIMIT_MS });
      return printed(ended, PRINTS);
    },
  };
}

const OPTIONS = {
  target: "es2022",
  module: "nodenext",
  moduleResolution: "nodenext",
  strict: true,
  esModuleInterop: true,
};

/** `isBare`: imports stay imports, because Node only strips types. */
function inCommonJS(text: string, isBare: boolean): string {
  const here = text.replaceAll("import.meta", "__filename");
  return isBare
    ? here.replace(/^import (\{.*\}) from (".*");$/gm, "const $1 = require($2);").replace(/^export /gm, "")
    : here;
}
