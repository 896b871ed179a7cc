/**
 * The platform of faked workers: Node's own, but a worker is an object in this thread, made by
 * {@link makeWorkersBy}. Import it first: host.ts takes its platform as it is evaluated.
 */
import { platform } from "@x/core/internal";
import { node } from "../../src/platform/node.js";
import type { ThreadPlatform, WorkerHandle, WorkerOptions } from "../../src/platform/thread-platform.js";

let make: (options: WorkerOptions) => WorkerHandle;

export function makeWorkersBy(maker: typeof make): void {
  make = maker;
}

// On one core no spares boot ahead: a thread that shall be refused asks for a new worker then.
Object.assign(platform, { cores: () => 1 });

const nothing = (): void => undefined;

const faked: ThreadPlatform = {
  ...node,
  startWorker: (options) => make(options),
  // This thread is no supervisor for its own process: it ends as any program.
  onUncaught: nothing,
  onProcessEnd: nothing,
  onSignal: nothing,
  // Deaths without a report are reported by the supervisor: a million lines.
  writeError: nothing,
  writeErrorNow: ({ length }) => length,
};

(globalThis as Record<symbol, unknown>)[Symbol.for("@x/thread platform 1")] = faked;
