/**
 * Death records. The supervisor stores them; when a thread finds a lock of a dead owner, it asks for
 * the record.
 */
import { type DeathRecord, hasDied } from "@x/core/internal";
import { lastNameOf } from "../table/names.js";

/** @param fetch asks the supervisor, at the first read of name or cause */
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
