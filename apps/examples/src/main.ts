/** Runs an example, or all of them as a tour. */
import { parseArgs } from "node:util";
import { ThreadError } from "@x/thread";
import pc from "picocolors";
import { type Example, EXAMPLES, Given, UsageError } from "./examples.js";

const USAGE_ERROR = 2;

function usage(): string {
  return [
    "npm start                     the tour: all examples, quickly",
    "npm start -- NAME [options]   one example",
    "npm start -- NAME --help      its arguments",
    "npm start -- --list           the names of all examples",
    "",
    list(),
  ].join("\n");
}

function columns(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`).join("\n");
}

function list(): string {
  return columns(Object.entries(EXAMPLES).map(([name, { about }]) => [name, about]));
}

function helpOf(name: string, { about, takes = "", help = {} }: Example): string {
  const line = ["npm start --", name, takes, "[options]"].filter((word) => word !== "").join(" ");
  return `${line}\n${about}\n\n${columns([...Object.entries(help), ["--help", "print this text"]])}`;
}

/** @throws UsageError naming the cure */
function find(name: string): Example {
  if (Object.hasOwn(EXAMPLES, name)) return EXAMPLES[name] as Example;
  throw new UsageError(`there is no example "${name}"; there are ${Object.keys(EXAMPLES).join(", ")}`);
}

/** Parses the arguments; undefined for help. */
function parse(name: string, { takes = "", options = {} }: Example, args: readonly string[]): Given | undefined {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: { ...options, help: { type: "boolean", short: "h" } },
      allowPositionals: true,
    });
    if (values["help"] === true) return undefined;
    const wanted = takes === "" ? 0 : 1;
    if (positionals.length < wanted) throw new UsageError(`${takes} is missing`);
    if (positionals.length > wanted) throw new UsageError(`"${positionals[wanted]}" is one argument too many`);
    return new Given(values, positionals);
  } catch (error) {
    const isUsage = String((error as { code?: unknown }).code).startsWith("ERR_PARSE_ARGS");
    throw isUsage ? new UsageError((error as Error).message) : error;
  }
}

async function runOne(name: string, args: readonly string[]): Promise<number> {
  const example = find(name);
  try {
    const given = parse(name, example, args);
    if (given !== undefined) return (await example.run(given)) ?? 0;
    console.log(helpOf(name, example));
    return 0;
  } catch (error) {
    if (error instanceof UsageError)
      error.message = `${name}: ${error.message}\nnpm start -- ${name} --help tells more`;
    throw error;
  }
}

async function tour(): Promise<number> {
  let worst = 0;
  for (const [name, { about, tour: args = [] }] of Object.entries(EXAMPLES)) {
    console.log(`\n${pc.bold(pc.cyan(`== ${name}`))}  ${pc.dim(about)}`);
    worst = Math.max(worst, await runOne(name, args));
  }
  return worst;
}

async function main([name, ...args]: readonly string[]): Promise<number> {
  if (name === undefined) return tour();
  if (name === "--help" || name === "-h" || name === "--list") {
    if (args[0] !== undefined) throw new UsageError(`"${args[0]}" is one argument too many after ${name}`);
    console.log(name === "--list" ? list() : usage());
    return 0;
  }
  if (name.startsWith("-")) throw new UsageError(`unknown option "${name}"; npm start -- --help lists them`);
  return runOne(name, args);
}

// The reader of our output may go away, for example `head`.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
});

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof UsageError || error instanceof ThreadError)) throw error;
  console.error(pc.red(error.message));
  process.exitCode = error instanceof UsageError ? USAGE_ERROR : 1;
}
