/** What is known of the threads that have died. The supervisor keeps it; a thread asks for it when it comes upon a lock of the dead. */
import { type DeathRecord, hasDied } from "@x/core/internal";
import { lastNameOf } from "../table/names.js";

/** @param fetch asks the supervisor, once name or cause are read */
export function deathOf(ident: number, fetch: (ident: number) => DeathRecord | undefined): DeathRecord | undefined {
  if (!hasDied(ident)) return undefined;
  let fetched: DeathRecord | undefined;
  const known = (): DeathRecord =>
    (fetched ??= fetch(ident) ?? { name: lastNameOf(ident) ?? `thread ${ident}`, cause: undefined });
  return {
    get name() {
      return known().name;
    },
    get cause() {
      return known().cause;
    },
  };
}
