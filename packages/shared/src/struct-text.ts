/** Texts in structs: UTF-8, which ends at the first zero byte, as in C. */

/** The bytes of a text; undefined if it has none: it holds a zero, or half of a character. */
export function utf8(text: string): number[] | undefined {
  const bytes: number[] = [];
  for (const character of text) {
    const code = character.codePointAt(0)!;
    if (code === 0 || (code >= 0xd800 && code <= 0xdfff)) return undefined;
    if (code < 0x80) bytes.push(code);
    else {
      const more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
      bytes.push(((0xff00 >> (more + 1)) & 0xff) | (code >> (6 * more)));
      for (let i = more - 1; i >= 0; i--) bytes.push(0x80 | ((code >> (6 * i)) & 0x3f));
    }
  }
  return bytes;
}

/** Fills the `size` bytes of a field. */
export function writeText(view: Uint8Array, at: number, size: number, bytes: readonly number[]): void {
  for (let i = 0; i < size; i++) view[at + i] = i < bytes.length ? bytes[i]! : 0;
}

/** Reads a field. Another thread may change it meanwhile: then a character may be any other, but nothing throws. */
export function readText(view: Uint8Array, at: number, size: number): string {
  let text = "";
  const end = at + size;
  while (at < end) {
    const first = view[at++]!;
    if (first === 0) break;
    if (first < 0x80) text += String.fromCharCode(first);
    else {
      let more = first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
      let code = first & (0x3f >> more);
      for (; more > 0 && at < end; more--) code = (code << 6) | (view[at++]! & 0x3f);
      text += code > 0x10ffff ? "\ufffd" : String.fromCodePoint(code);
    }
  }
  return text;
}
