import type { Watch } from "../src/load.js";
import type { Job, RunEnvironment } from "../src/run.js";
import { loadRow } from "../src/rows.js";
import { runtimeAt } from "../src/runtime.js";

/** A scripted watch: reports the given numbers of busy cores, turn by turn, then none. */
export function scripted(...others: number[]): Watch {
  let isFirst = true;
  return {
    blind: undefined,
    async during(_pid, turn) {
      const result = await turn();
      // The first look is before all turns.
      const seen = isFirst ? 0 : (others.shift() ?? 0);
      isFirst = false;
      return { result, others: seen, disturbed: seen > 0 };
    },
  };
}

export function environment(watch: Watch, changes: Partial<RunEnvironment> = {}): RunEnvironment {
  return {
    watch,
    runtime: runtimeAt(process.execPath),
    repeatMs: 60_000,
    timeoutMs: 20_000,
    onRound: () => undefined,
    onProgress: () => undefined,
    ...changes,
  };
}

/** A row of `test/rows`. */
export async function fixture(name: string): Promise<Job> {
  const url = new URL(`./rows/${name}.mjs`, import.meta.url).href;
  return { name, url, row: await loadRow(url) };
}
