/** The parts of the run, in this order. */
import type { Part } from "../consumers/checks.ts";
import { nodeChecks } from "./node.ts";

export const PARTS: readonly Part[] = [
  { name: "node", about: "a program in one file, on Node, Deno and Bun", limits: [], checks: nodeChecks },
];
