/** Stands for probe.mjs in the programs of scripts/runtimes/probes: main is a thread of the page. */
import { expose } from "@x/core";
import { answer } from "node-probe";

export * from "node-probe";

type Body = () => unknown;

let main: Body | undefined;

/** Keeps what the main thread does. */
export function probe(body: Body): void {
  main = body;
}

/** Runs it. Resolves to "yes", or to "no: " and the effect for the user. */
export function runProbe(): Promise<string> {
  return answer(main!);
}

expose({ runProbe });
