/**
 * What the worker of the tests and their threads have in common; see ../bundle.ts. It is small, because each
 * thread loads it: vitest's parts alone would make each start some 300 ms longer.
 */
import { expose } from "@x/core";

// Tests count turns of the event loop by Node's function.
globalThis.setImmediate = ((callback: () => void) => setTimeout(callback, 0)) as never;

globalThis.packageUrl = (name) => new URL(`/packages/${name.replace("@x/", "")}.js`, location.href).href;

/** What a file of tests has in the place of the usual. */
interface Ways {
  /** Makes the workers of bunches. */
  readonly startPooledWorker?: () => object;
}

let offered: { readonly file: string; readonly load: () => Promise<unknown>; readonly ways: Ways } | undefined;

/**
 * Says which file of tests this bundle holds.
 *
 * @param _targets the modules with functions for threads, which the bundle has to keep
 */
export function offer(file: string, load: () => Promise<unknown>, _targets: readonly object[], ways: Ways = {}): void {
  offered = { file, load, ways };
}

export function waysOf(): Ways {
  return offered!.ways;
}

/** Runs the tests of the bundle's file. @param only a pattern of titles */
export async function runTests(only: string | null): Promise<void> {
  const { run } = await import("./run.js");
  await run(offered!.file, offered!.load, only);
}

expose({ runTests });
