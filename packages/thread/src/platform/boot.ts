/// <reference types="node" />
/**
 * How a worker begins: it runs a short text, which imports the file that holds this very code. That
 * is a file of this package, or a bundle of the whole program. The library takes the worker's role as
 * it is evaluated there; see role.ts.
 *
 * The worker runs a text, and not the file itself, for four reasons:
 *   - Guards of programs hold: `import.meta.main` and `require.main === module` are false.
 *   - The text notices when the evaluation ends, top-level `await` included, and how.
 *   - The supervisor ends the evaluation of a bundle by an error that the text expects.
 *   - The user's preloads have ended before. A preload that loads the library takes no role.
 */
import type { AsyncLocalStorage } from "node:async_hooks";
import { ThreadError } from "@x/core";
import { callerFiles, values } from "@x/core/internal";
import { PROTOCOL } from "./protocol-version.js";
import type { WorkerProgram } from "./thread-platform.js";

/** The state shared by the text and the library, on the global object of the worker. */
interface Boot {
  /** True from the beginning of the text until the role is taken. */
  isOn?: boolean | undefined;
  /** The library's: takes the role. */
  take?: TakeRole;
  /** The library's: is called after the evaluation, with the error that ended it. */
  end?: (error?: unknown) => void;
  /** The file whose evaluation has begun the running code; see evaluation.ts. */
  evaluation?: AsyncLocalStorage<string | undefined>;
}

/**
 * Takes the role of this worker.
 *
 * @param isEvaluated true if the worker's file has been evaluated to its end
 */
export type TakeRole = (isEvaluated: boolean) => void;

const KEY = `${PROTOCOL} boot`;

const SLOT = Symbol.for(KEY);

/** Also the error that ends the evaluation in the supervisor. */
export const boot: Boot = ((globalThis as { [SLOT]?: Boot })[SLOT] ??= {});

/** Takes the role now if this copy of the library is evaluated in a worker that has none yet. */
export function offerRole(take: TakeRole): void {
  boot.take ??= take;
  if (boot.isOn !== true) return;
  boot.isOn = false;
  const { evaluation } = boot;
  if (evaluation === undefined) return boot.take(false);
  evaluation.run(undefined, boot.take, false); // threads do not belong to the evaluation; in Deno an AsyncResource ignores `exit`
  // In Bun the evaluation is in no context of the text, but keeps the context that it enters.
  if (process.versions["bun"] !== undefined) evaluation.enterWith(ownURL());
}

/** The file that holds this code. The frames behind it matter if a bundler has put it into an `eval`. */
const ownFile = (function here() {
  return callerFiles(here).find((file) => /^(?:file:|data:|https?:|\/|[A-Z]:\\)/i.test(file));
})();

/**
 * The URL of the file that holds this code.
 *
 * @throws ThreadError if it is in no file
 */
export function ownURL(): string {
  if (ownFile !== undefined) return values.moduleURL(ownFile);
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
  return { url, text: textFor(url) };
}

/** For servers of frameworks, whose chunks run nothing by themselves. */
const CHUNK_CURE =
  "If a bundler has made it as a chunk, keep @x/threading and the modules that call expose out of the bundle (externals; in Next serverExternalPackages)";

/** The text is valid as a module and as CommonJS: the user's options choose. */
function textFor(url: string): string {
  return `{
  const boot = (globalThis[Symbol.for(${JSON.stringify(KEY)})] ??= {});
  const { workerData } = process.getBuiltinModule("node:worker_threads");
  const isSupervisor = workerData.role === "supervisor";
  const fail = (value) => {
    if (isSupervisor) workerData.port.postMessage({ lost: { value, parts: [] } });
    throw value;
  };
  const evaluate = () => import(${JSON.stringify(url)});
  const { AsyncLocalStorage } = process.getBuiltinModule("node:async_hooks");
  boot.isOn = true;
  (isSupervisor ? evaluate() : (boot.evaluation = new AsyncLocalStorage()).run(${JSON.stringify(url)}, evaluate)).then(() => {
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
