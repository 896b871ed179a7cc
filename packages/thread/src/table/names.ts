/** Names in the table. A sequence lock protects them: it is odd while a thread writes. */
import { platform } from "@x/core/internal";
import {
  bytes,
  type Entry,
  HIGH,
  IDENT,
  MAX_RETRIES,
  NAME,
  NAME_BYTES,
  NAME_LENGTH,
  NAME_TURN,
  place,
  words,
} from "./layout.js";

const [encoder, decoder] = platform.textCoders();

export function nameOf({ slot }: Entry): string {
  const at = place(slot);
  for (let retries = MAX_RETRIES; ; retries--) {
    const turn = Atomics.load(words, at + NAME_TURN);
    const begin = (at + NAME) * 4;
    const copy = bytes.slice(begin, begin + Atomics.load(words, at + NAME_LENGTH));
    const whole = turn % 2 === 0 && Atomics.load(words, at + NAME_TURN) === turn;
    if (whole || retries === 0) return decoder.decode(copy);
  }
}

/** The name of this thread, even after its end, until its slot belongs to another. */
export function lastNameOf(ident: number): string | undefined {
  const high = Atomics.load(words, HIGH);
  for (let slot = 0; slot < high; slot++) {
    if (Atomics.load(words, place(slot) + IDENT) !== ident) continue;
    const name = nameOf({ slot, ident });
    return Atomics.load(words, place(slot) + IDENT) === ident ? name : undefined;
  }
  return undefined;
}

export function rename({ slot }: Entry, name: string): void {
  writeName(place(slot), name);
}

export function writeName(at: number, name: string): void {
  // encodeInto never cuts a character of several bytes.
  const text = new Uint8Array(NAME_BYTES);
  const { written } = encoder.encodeInto(name, text);
  let turn = Atomics.load(words, at + NAME_TURN) & ~1;
  for (let retries = MAX_RETRIES; retries > 0; retries--) {
    if (Atomics.compareExchange(words, at + NAME_TURN, turn, turn + 1) === turn) break;
    turn = Atomics.load(words, at + NAME_TURN) & ~1;
  }
  bytes.set(text, (at + NAME) * 4);
  Atomics.store(words, at + NAME_LENGTH, written);
  Atomics.store(words, at + NAME_TURN, turn + 2);
}
