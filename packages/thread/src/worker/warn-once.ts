/** Gives each warning once in a process, by the first worker with it. */
import { pack, unpack } from "@x/core";
import { ifItThrows } from "@x/core/internal";
import { host } from "../platform/host.js";
import { putIfAbsent } from "../runtime/supervisor-client.js";
import { thisWorker } from "../table/this-worker.js";

/** Warns if no worker has warned of `place` by this code. Returns true if it did. */
export function warnOnce(text: string, code: string, place: string): boolean {
  const mine = `${thisWorker.worker}`;
  const first = ifItThrows<unknown>(mine, () => {
    const known = putIfAbsent(`${code} ${place}`, pack(mine));
    return known && unpack(known);
  });
  if (first !== mine) return false;
  host().warn(text, code);
  return true;
}
