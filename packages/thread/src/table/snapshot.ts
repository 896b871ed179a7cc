/** All listed threads at a single moment. */
import {
  type Entry,
  FLAGS,
  HIGH,
  IDENT,
  LIFE,
  MAIN,
  mainEntry,
  MAX_RETRIES,
  openTable,
  place,
  RAW,
  SLOT_WORDS,
  words,
} from "./layout.js";

/**
 * All listed threads at a single moment, each exactly once; no ended thread is among them. `look` reads
 * more about each thread from the table, at the same moment.
 *
 * The table is read before and after. Idents are never used again, so two equal readings show that
 * nothing changed between them.
 */
export function snapshot<T>(look: (entry: Entry) => T): T[] {
  openTable();
  let before = reading();
  for (let retries = MAX_RETRIES; ; retries--) {
    const seen = scan(look);
    const after = reading();
    if (retries === 0 || (after.length === before.length && after.every((word, i) => word === before[i]))) return seen;
    before = after;
  }
}

function reading(): number[] {
  const read: number[] = [];
  const high = Atomics.load(words, HIGH);
  for (let at = place(0); at < place(high); at += SLOT_WORDS) {
    read.push(Atomics.load(words, at + IDENT), Atomics.load(words, at + LIFE), Atomics.load(words, at + FLAGS));
  }
  return read;
}

function scan<T>(look: (entry: Entry) => T): T[] {
  const seen: T[] = [];
  const high = Atomics.load(words, HIGH);
  for (let slot = 0; slot < high; slot++) {
    const at = place(slot);
    const ident = Atomics.load(words, at + LIFE);
    const flags = Atomics.load(words, at + FLAGS);
    if ((flags & MAIN) !== 0) seen.push(look(mainEntry()));
    else if (ident !== 0 && (flags & RAW) === 0) seen.push(look({ slot, ident }));
  }
  return seen;
}
