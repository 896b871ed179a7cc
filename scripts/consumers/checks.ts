/** A check, and the environment it runs in. */
import type { Id, Runtime } from "../runtimes/runtimes.ts";
import type { Limit, Result } from "../runtimes/verdicts.ts";
import type { Installed, Tool } from "./tools.ts";

export type Found = Pick<Result, "state" | "sees" | "details">;

export interface Check {
  /** The tool or the runtime: a row of the summary. */
  readonly on: string;
  readonly name: string;
  /** The tools to install. If the installation fails, the check does not run. */
  readonly needs: readonly (Tool | Id)[];
  run(): Promise<Found>;
}

export interface Environment {
  tool(tool: Tool): Installed;
  runtime(id: Id): Runtime;
  /** The folder of the tarballs and of their installation. */
  readonly packages: string;
  /** The same with a higher version. */
  readonly newer: string;
  /** Installs the packages in this folder; `from` is `packages` or `newer`. */
  installInto(folder: string, from?: string): void;
}

export interface Part {
  readonly name: string;
  readonly about: string;
  readonly limits: readonly Limit<string>[];
  checks(environment: Environment): Check[];
}
