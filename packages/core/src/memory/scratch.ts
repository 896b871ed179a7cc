/** 2 MiB: a scratch keeps no more memory. */
const MOST_KEPT = 2 << 20;

/** Views of up to 255 bytes are kept, because a new view takes as long as the bytes of a small value. */
const KEPT_VIEWS = 256;

const FIRST_BYTES = 4096;

/** Plain memory for the bytes of values that leave a store, one value at a time. */
export class Scratch {
  #bytes = new Uint8Array(FIRST_BYTES);
  #words = new Int32Array(this.#bytes.buffer);
  /** Views of its beginning, by length. */
  #views: (Uint8Array | undefined)[] = [];
  /** The view of the value that is being decoded. A value that arrives meanwhile gets memory of its own. */
  #inUse: Uint8Array | undefined;

  /** Memory for so many bytes, until {@link giveBack}. */
  take(length: number): Uint8Array {
    if (this.#inUse !== undefined || length > MOST_KEPT) return new Uint8Array(length);
    if (length > this.#bytes.length) {
      this.#bytes = new Uint8Array(Math.min(2 * length + (length & 1) * 2, MOST_KEPT)); // whole words
      this.#words = new Int32Array(this.#bytes.buffer);
      this.#views = [];
    }
    return (this.#inUse =
      length < KEPT_VIEWS
        ? (this.#views[length] ??= this.#bytes.subarray(0, length))
        : this.#bytes.subarray(0, length));
  }

  /** The words of these taken bytes; undefined if the bytes have memory of their own. */
  wordsOf(bytes: Uint8Array): Int32Array | undefined {
    return bytes === this.#inUse ? this.#words : undefined;
  }

  giveBack(bytes: Uint8Array): void {
    if (bytes === this.#inUse) this.#inUse = undefined;
  }
}
