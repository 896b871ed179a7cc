/**
 * Text as bytes: a byte per character, or two. Node and Bun have methods for it that are several
 * times faster than a loop; elsewhere `TextEncoder` and `TextDecoder` help with ASCII.
 */
import { platform } from "../platform/index.js";

/** How text is copied into bytes and back. */
export interface TextBytes {
  /** Writes the text, a byte per character. False if a character needs two; the bytes are then garbage. */
  writeLatin1(bytes: Uint8Array, text: string, at: number): boolean;
  /** Writes the text, two bytes per character. */
  writeUtf16(bytes: Uint8Array, text: string, at: number): void;
  readLatin1(bytes: Uint8Array, at: number, end: number): string;
  readUtf16(bytes: Uint8Array, at: number, end: number): string;
}

/** The methods of Node's `Buffer`, which work on every `Uint8Array`. */
interface BufferMethods {
  readonly latin1Write: (this: Uint8Array, text: string, at: number) => number;
  readonly ucs2Write: (this: Uint8Array, text: string, at: number) => number;
  readonly latin1Slice: (this: Uint8Array, at: number, end: number) => string;
  readonly ucs2Slice: (this: Uint8Array, at: number, end: number) => string;
}

/** Up to 256 characters a loop is faster than to start the search. */
const FEW = 256;

function isLatin1(text: string): boolean {
  if (text.length > FEW) return !/[^\0-\xff]/.test(text);
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 255) return false;
  return true;
}

function byBuffer(methods: BufferMethods): TextBytes {
  const { latin1Write, ucs2Write, latin1Slice, ucs2Slice } = methods;
  return {
    writeLatin1(bytes, text, at) {
      if (!isLatin1(text)) return false;
      latin1Write.call(bytes, text, at);
      return true;
    },
    writeUtf16: (bytes, text, at) => void ucs2Write.call(bytes, text, at),
    readLatin1: (bytes, at, end) => latin1Slice.call(bytes, at, end),
    readUtf16: (bytes, at, end) => ucs2Slice.call(bytes, at, end),
  };
}

/** The most characters of {@link shortLatin1}. */
export const SHORT_TEXT = 16;

const EIGHT = 8;

/**
 * A text of up to 16 characters, from a byte per character. Engines make the text of one call of `fromCharCode` at
 * once: 7 characters take 13 ns, while a loop takes 40 ns or more, and a method of `Buffer` 50.
 */
export function shortLatin1(bytes: Uint8Array, at: number, length: number): string {
  return length <= EIGHT
    ? eightOrLess(bytes, at, length)
    : eightOrLess(bytes, at, EIGHT) + eightOrLess(bytes, at + EIGHT, length - EIGHT);
}

function eightOrLess(b: Uint8Array, at: number, length: number): string {
  const { fromCharCode } = String;
  switch (length) {
    case 0:
      return "";
    case 1:
      return fromCharCode(b[at]!);
    case 2:
      return fromCharCode(b[at]!, b[at + 1]!);
    case 3:
      return fromCharCode(b[at]!, b[at + 1]!, b[at + 2]!);
    case 4:
      return fromCharCode(b[at]!, b[at + 1]!, b[at + 2]!, b[at + 3]!);
    case 5:
      return fromCharCode(b[at]!, b[at + 1]!, b[at + 2]!, b[at + 3]!, b[at + 4]!);
    case 6:
      return fromCharCode(b[at]!, b[at + 1]!, b[at + 2]!, b[at + 3]!, b[at + 4]!, b[at + 5]!);
    case 7:
      return fromCharCode(b[at]!, b[at + 1]!, b[at + 2]!, b[at + 3]!, b[at + 4]!, b[at + 5]!, b[at + 6]!);
    default:
      return fromCharCode(b[at]!, b[at + 1]!, b[at + 2]!, b[at + 3]!, b[at + 4]!, b[at + 5]!, b[at + 6]!, b[at + 7]!);
  }
}

/** The characters that one call of `fromCharCode` takes: fewer than any engine's limit of arguments. */
const CHUNK = 4096;

/** Without `Buffer`. Lone surrogates stay, which `TextDecoder` would replace. */
const portableText: TextBytes = {
  writeLatin1(bytes, text, at) {
    const [encoder] = (coders ??= platform.textCoders());
    const { read, written } = encoder.encodeInto(text, bytes.subarray(at, at + text.length));
    if (read === text.length && written === read) return true; // all of it is ASCII
    if (!isLatin1(text)) return false;
    for (let i = 0; i < text.length; i++) bytes[at + i] = text.charCodeAt(i);
    return true;
  },
  writeUtf16(bytes, text, at) {
    for (let i = 0, to = at; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      bytes[to++] = unit;
      bytes[to++] = unit >>> 8;
    }
  },
  readLatin1(bytes, at, end) {
    let text = "";
    for (let from = at; from < end; from += CHUNK)
      text += String.fromCharCode.apply(null, bytes.subarray(from, Math.min(end, from + CHUNK)) as never);
    return text;
  },
  readUtf16(bytes, at, end) {
    let text = "";
    for (let from = at; from < end; from += 2 * CHUNK)
      text += String.fromCharCode.apply(
        null,
        new Uint16Array(bytes.slice(from, Math.min(end, from + 2 * CHUNK)).buffer) as never,
      );
    return text;
  },
};

let coders: ReturnType<typeof platform.textCoders> | undefined;

function ofRuntime(): TextBytes {
  const { Buffer } = globalThis as { Buffer?: { prototype: BufferMethods } };
  return typeof Buffer?.prototype.latin1Write === "function" ? byBuffer(Buffer.prototype) : portableText;
}

/** The fastest way that this runtime has. */
export const textBytes: TextBytes = /* @__PURE__ */ ofRuntime();
