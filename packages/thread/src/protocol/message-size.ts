/** An estimate of a message's memory, in bytes. */

const OBJECT_BYTES = 48;
const FIELD_BYTES = 16;

/** @param most stops counting above this */
export function bytesOf(value: unknown, most: number = Infinity): number {
  const seen = new Set<object>();
  const rest: unknown[] = [value];
  let bytes = 0;
  while (rest.length > 0 && bytes <= most) {
    const item = rest.pop();
    if (typeof item === "string") bytes += 2 * item.length;
    else if (typeof item === "bigint") bytes += OBJECT_BYTES;
    if (typeof item !== "object" || item === null || seen.has(item)) continue;
    seen.add(item);
    bytes += OBJECT_BYTES;
    if (isBuffer(item)) bytes += item.byteLength;
    else if (ArrayBuffer.isView(item)) rest.push(item.buffer);
    else {
      const parts =
        item instanceof Map ? [...item.keys(), ...item.values()] : item instanceof Set ? [...item] : undefined;
      for (const part of parts ?? Object.values(item)) {
        bytes += FIELD_BYTES;
        if (typeof part === "object" || typeof part === "string") rest.push(part);
      }
      if (item instanceof Error) rest.push(item.message, item.stack);
    }
  }
  return bytes;
}

function isBuffer(value: object): value is ArrayBufferLike {
  return value instanceof ArrayBuffer || value instanceof SharedArrayBuffer;
}
