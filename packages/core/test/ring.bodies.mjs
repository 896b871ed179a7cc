/** The bodies of the threads of ring.model.ts. The ring is the whole memory of the model. */
import { nextRecord, readRecord, writeRecord } from "@x/core/internal";

const NOTHING = new Uint8Array(0);

/** Writes records of the kinds 1 to `count`. */
export function writer(t, { count }) {
  const ring = t.at(0).buffer;
  for (let kind = 1; kind <= count; kind++) {
    t.add("written", 1); // counted before, because the reader may have it before this thread goes on
    t.check(writeRecord(ring, kind, NOTHING), "there is no room");
  }
}

/** Reads a record, which must be the next one. */
function read(t, ring, last) {
  const record = readRecord(ring);
  if (record === undefined) return last;
  t.check(record.kind === last + 1, `read ${record.kind} after ${last}`);
  t.check(record.bytes.length === 0, `read ${record.bytes.length} bytes that were not written`);
  t.check(t.get("written") >= record.kind, "read a record before it was written");
  return record.kind;
}

/** Reads at any time, `times` times, as a thread that blocks does. */
export function poller(t, { times }) {
  const ring = t.at(0).buffer;
  for (let last = 0; times > 0; times--) last = read(t, ring, last);
}

/** Reads until it has `count` records, and waits in its event loop for each. */
export async function listener(t, { count }) {
  const ring = t.at(0).buffer;
  for (let last = 0; last < count;) {
    const next = nextRecord(ring);
    if (next !== undefined) await next;
    last = read(t, ring, last);
  }
}
