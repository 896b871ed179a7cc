/** Texts from threads to the page, in shared memory: a slot for each thread, which that thread alone writes. */
import { expose } from "@x/threading";

const BYTES = 1000;

export class Messages {
  private readonly bytes: Uint8Array<SharedArrayBuffer>;
  /** The length of each text; 0 if the page has read it. */
  private readonly lengths: Int32Array;

  constructor(readonly slots: number) {
    this.bytes = new Uint8Array(new SharedArrayBuffer(slots * BYTES));
    this.lengths = new Int32Array(new SharedArrayBuffer(slots * Int32Array.BYTES_PER_ELEMENT));
  }

  /** Says a text to the page. A text that the page has not read yet stays, and this one is lost. */
  say(slot: number, text: string): void {
    if (Atomics.load(this.lengths, slot) !== 0) return;
    const encoded = new TextEncoder().encode(text).subarray(0, BYTES);
    this.bytes.set(encoded, slot * BYTES);
    Atomics.store(this.lengths, slot, encoded.length);
  }

  /** Takes the text of a slot, in the page; undefined if there is none. */
  take(slot: number): string | undefined {
    const length = Atomics.load(this.lengths, slot);
    if (length === 0) return undefined;
    const text = new TextDecoder().decode(this.bytes.slice(slot * BYTES, slot * BYTES + length));
    Atomics.store(this.lengths, slot, 0);
    return text;
  }
}

expose({ Messages });
