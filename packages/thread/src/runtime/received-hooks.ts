/** Hooks that another thread broadcast: their modules are loaded before they are installed. */
import { type Envelope, isPrepared, prepare, unpack } from "@x/core";
import { host } from "../platform/host.js";
import type { Inherited } from "../protocol/hooks.js";

let onInherited: (inherited: Inherited) => void = () => undefined;

/** Calls back when another thread has told all. */
export function whenTold(callback: (inherited: Inherited) => void): void {
  onInherited = callback;
}

/** What this thread is being told, as long as modules are loaded for it. */
let telling: Promise<void> | undefined;

/** Resolves once it knows all that it has been told; undefined if it does already. */
export function allTold(): Promise<void> | undefined {
  return telling;
}

export function tell(packed: Envelope): void {
  const told = (): void => onInherited(unpack<Inherited>(packed));
  if (telling === undefined && isPrepared(packed)) return told();
  const mine = (telling ?? Promise.resolve())
    .then(() => prepare(packed, (url) => host().importModule(url)))
    .then(told)
    .finally(() => {
      if (telling === mine) telling = undefined;
    });
  telling = mine;
}
