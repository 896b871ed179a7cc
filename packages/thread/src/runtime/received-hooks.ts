/** Hooks broadcast by another thread: their modules are loaded before the hooks are installed. */
import { type Envelope, prepare, unpack } from "@x/core";
import { isPrepared } from "@x/core/internal";
import { host } from "../platform/host.js";
import type { Hooks } from "../protocol/hooks.js";

let listener: (hooks: Hooks) => void = () => undefined;

/** Calls back when broadcast hooks have arrived, and their modules are loaded. */
export function onHooks(callback: (hooks: Hooks) => void): void {
  listener = callback;
}

/** Pending while modules of received hooks are being loaded. */
let loading: Promise<void> | undefined;

/** Resolves when the modules of all received hooks are loaded; undefined if they are. */
export function hooksReady(): Promise<void> | undefined {
  return loading;
}

export function receiveHooks(packed: Envelope): void {
  const install = (): void => listener(unpack<Hooks>(packed));
  if (loading === undefined && isPrepared(packed)) return install();
  const mine = (loading ?? Promise.resolve())
    .then(() => prepare(packed, (url, what) => host().importModule(url, what)))
    .then(install)
    .finally(() => {
      if (loading === mine) loading = undefined;
    });
  loading = mine;
}
