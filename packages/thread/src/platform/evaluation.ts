/// <reference types="node" />
/** Follows evaluations of modules by an AsyncLocalStorage. The worker's text has made it; see boot.ts. */
import type * as NodeAsyncHooks from "node:async_hooks";
import type * as NodeChannels from "node:diagnostics_channel";
import { boot } from "./boot.js";
import type { Evaluation } from "./thread-platform.js";

/** @param isCheap true if an engine's promises stay fast while they are followed */
export function evaluationBy(builtin: <M>(name: string) => M, isCheap: () => boolean): Evaluation {
  const followed = () =>
    (boot.evaluation ??= new (builtin<typeof NodeAsyncHooks>("node:async_hooks").AsyncLocalStorage)());
  return {
    run: (file, evaluate) => followed().run(file, evaluate),
    enter: (file) => followed().enterWith(file),
    followsImports: true,
    file: () => boot.evaluation?.getStore(),
    onListen(callback) {
      builtin<typeof NodeChannels>("node:diagnostics_channel").subscribe(LISTEN, callback);
    },
    end() {
      if (!isCheap()) boot.evaluation?.disable();
    },
  };
}

/** A server of node:net, http and the like begins to listen. */
const LISTEN = "tracing:net.server.listen:asyncStart";
