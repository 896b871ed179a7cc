/** What a check is, and what it is made with. */
import type { Id, Runtime } from "../runtimes/runtimes.ts";
import type { Limit, Result } from "../runtimes/verdicts.ts";
import type { Installed, Tool } from "./tools.ts";

export type Found = Pick<Result, "state" | "sees" | "details">;

export interface Check {
  /** With which tool, or on which runtime: a row of the summary. */
  readonly on: string;
  readonly name: string;
  /** What has to be installed. If that fails, the check is not run. */
  readonly needs: readonly (Tool | Id)[];
  run(): Promise<Found>;
}

export interface Surroundings {
  tool(tool: Tool): Installed;
  runtime(id: Id): Runtime;
  /** The folder in which the tarballs lie, and in which they are installed. */
  readonly packages: string;
  /** The same, with a higher version. */
  readonly newer: string;
  /** Installs the packages in this folder; `from` is one of the two above. */
  installInto(folder: string, from?: string): void;
}

export interface Part {
  readonly name: string;
  readonly about: string;
  readonly limits: readonly Limit<string>[];
  checks(surroundings: Surroundings): Check[];
}
