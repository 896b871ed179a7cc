/// <reference types="node" />
/**
 * The beginning of a worker: it runs a short text. The text imports the file with this very code: a
 * file of this package, or a bundle of the whole program. When the library is evaluated there, it
 * takes the worker's role; see role.ts.
 *
 * The worker runs a text, and not the file itself, for four reasons:
 *   - Guards of programs hold: `import.meta.main` and `require.main === module` are false.
 *   - The text notices when the evaluation ends, top-level `await` included, and how.
 *   - The supervisor ends the evaluation of a bundle by an error, and the text expects the error.
 *   - The user's preloads have ended before. If a preload loads the library, it takes no role.
 */
import type { AsyncLocalStorage } from "node:async_hooks";
import { ThreadError } from "@x/core";
import { type Caller, callers, values } from "@x/core/internal";
import { type Chunks, CHUNKS } from "./chunks.js";
import { PROTOCOL } from "./protocol-version.js";
import type { WorkerProgram } from "./thread-platform.js";

/** The state shared by the text and the library, on the global object of the worker. */
interface Boot {
  /** True from the beginning of the text until the role is taken. */
  isOn?: boolean | undefined;
  /** The library's: takes the role. */
  take?: TakeRole;
  /** The library's: is called after the evaluation, with its error, if it failed. */
  end?: (error?: unknown) => void;
  /** The origin of the running code: the evaluation of this file has begun it; see evaluation.ts. */
  evaluation?: AsyncLocalStorage<string | undefined>;
  /** The text's, if the library is in a chunk of a bundler. */
  chunks?: Chunks;
}

/**
 * Takes the role of this worker.
 *
 * @param isEvaluated true if the worker's file has been evaluated to its end
 */
export type TakeRole = (isEvaluated: boolean) => void;

const KEY = `${PROTOCOL} boot`;

const SLOT = Symbol.for(KEY);

/** Also the error for the end of the evaluation in the supervisor. */
export const boot: Boot = ((globalThis as { [SLOT]?: Boot })[SLOT] ??= {});

/** Takes the role now if this copy of the library is evaluated in a worker without a role. */
export function offerRole(take: TakeRole): void {
  boot.take ??= take;
  if (boot.isOn !== true) return;
  boot.isOn = false;
  const { evaluation } = boot;
  if (evaluation === undefined) return boot.take(false);
  evaluation.run(undefined, boot.take, false); // threads do not belong to the evaluation; in Deno an AsyncResource ignores `exit`
  // In Bun the evaluation is in no context of the text. But if it enters a context, it keeps the context.
  if (process.versions["bun"] !== undefined) evaluation.enterWith(ownURL());
}

const FILE = /^(?:file:|data:|https?:|\/|[A-Z]:\\)/i;

/** The place of this code, and the place of its evaluation. */
const [here, evaluator] = (function own(): Caller[] {
  const all = callers(own);
  const at = all.findIndex(({ file }) => FILE.test(file)); // frames before it: a bundler has put the code into an `eval`
  return at < 0 ? [] : [all[at]!, evaluatorIn(all.slice(at))];
})();

/**
 * The place that evaluates the first place of `all`: mostly its own file. In some outputs of bundlers the
 * file only defines functions, and the entry calls them. Then it is the entry's top level.
 */
function evaluatorIn(all: readonly Caller[]): Caller {
  const [own] = all as [Caller];
  const others = all.findIndex(({ file }) => file !== own.file);
  if (others < 0 || all.slice(0, others).some(({ name }) => name === undefined)) return own;
  return all.find(({ isTopLevel }) => isTopLevel === true) ?? own;
}

let url: string | undefined;

/**
 * The URL of the file with this code, or of the entry that evaluates it; in a bundler's chunk the URL
 * of its module.
 *
 * @throws ThreadError if it is in no file
 */
export function ownURL(): string {
  return (url ??= findURL());
}

function findURL(): string {
  if (here !== undefined && evaluator !== undefined) {
    const own = values.callerURL(here);
    return own === values.moduleURL(here.file) ? values.moduleURL(evaluator.file) : own;
  }
  throw new ThreadError(
    "thread: can't start new thread: the library is in no file that a worker could load; keep it, or the bundle with it, in a file " +
      "(in a single executable application: beside the executable, required by its main script)",
  );
}

/**
 * The program of all workers.
 *
 * @throws ThreadError if this code is in no file
 */
export function program(): WorkerProgram {
  const url = ownURL();
  const chunks = boot.chunks?.files ?? values.chunksBeside?.(url);
  return { url, text: textFor(url, chunks) };
}

/** For servers of frameworks: their chunks run nothing by themselves. */
const CHUNK_CURE =
  "If a bundler has made it as a chunk, keep @x/threading and the modules that call expose out of the bundle (externals; in Next serverExternalPackages)";

/** The text is valid as a module and as CommonJS: the user's options choose. */
function textFor(url: string, chunks: readonly string[] | undefined): string {
  const file = JSON.stringify(url);
  const evaluation =
    chunks === undefined
      ? `() => import(${file})`
      : `async () => {
    globalThis.AsyncLocalStorage ??= AsyncLocalStorage; // modules of Next expect it
    boot.chunks = { files: ${JSON.stringify(chunks)}, ...${CHUNKS} };
    boot.chunks.load(${file}, boot.chunks.files);
    return boot.chunks.evaluate(${file});
  }`;
  return `{
  const boot = (globalThis[Symbol.for(${JSON.stringify(KEY)})] ??= {});
  const { workerData } = process.getBuiltinModule("node:worker_threads");
  const isSupervisor = workerData.role === "supervisor";
  const fail = (value) => {
    if (isSupervisor) workerData.port.postMessage({ lost: { value, parts: [] } });
    throw value;
  };
  const evaluate = ${evaluation};
  const { AsyncLocalStorage } = process.getBuiltinModule("node:async_hooks");
  boot.isOn = true;
  (isSupervisor ? evaluate() : (boot.evaluation = new AsyncLocalStorage()).run(${file}, evaluate)).then(() => {
    if (boot.isOn) {
      boot.isOn = false;
      if (boot.take === undefined) fail(new Error(${JSON.stringify(`${url} has not loaded @x/thread; import it at the top of that file. ${CHUNK_CURE}`)}));
      boot.take(true);
    }
    boot.end?.();
  }, (error) => {
    if (error !== boot) (boot.end ?? fail)(error);
  });
}
//# sourceURL=@x/thread worker`;
}
