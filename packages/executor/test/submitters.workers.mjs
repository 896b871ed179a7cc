/** The tasks of submitters.test.ts. */
import "@x/executor";
import { expose } from "@x/thread";
import { await_, echo, standAsync } from "./executor.workers.mjs";

export { await_ };

export function endsAtOnce() {}

export function gated(flags) {
  await_(flags);
  return "through the gate";
}

/** Submits a task, and returns its future in a large object. */
export function submitsAndReturns(executor, value) {
  return { future: executor.submit(echo, value), rows: Array.from({ length: 20_000 }, (_, i) => ({ i })) };
}

export function submitsAtGate(executor, flags) {
  return { future: executor.submit(gated, flags) };
}

export function submits(executor, asks) {
  const future = executor.submit(endsAtOnce);
  if (asks) future.result();
}

/** Does not block, because Chromium takes two seconds to terminate a worker that blocks. */
export function submitsAndStands(executor, _, flags) {
  executor.submit(endsAtOnce);
  return standAsync(flags);
}

expose(import.meta.url, { endsAtOnce, gated, submitsAndReturns, submitsAtGate, submits, submitsAndStands });
