/** The newest death records. */
import type { PackedDeathRecord } from "../protocol/messages.js";

/** How many death records are kept; the oldest are dropped. */
const RECORDS_MAX = 256;

const records = new Map<number, PackedDeathRecord>();

/** Call it before the table shows the death. */
export function recordDeath(record: PackedDeathRecord): void {
  records.set(record.ident, record);
  if (records.size > RECORDS_MAX) records.delete(records.keys().next().value as number);
}

export function recordOfDeath(ident: number): PackedDeathRecord | undefined {
  return records.get(ident);
}
