/** What moves to another thread instead of being copied: lists of objects, and values that thread functions return. */
import { describe, ifItThrows } from "../check.js";
import { globalSlot } from "../global-slot.js";
import { className } from "./structured-clone.js";

const NONE: readonly object[] = [];

/** The list for each value that {@link move} has returned. */
const moves = /* @__PURE__ */ globalSlot("moves 1", () => new WeakMap<object, readonly object[]>());

/**
 * Lets the objects of a list move with a value that leaves this thread as a result, instead of being copied.
 *
 *     export function render(page: Page) {
 *       const pixels = new ArrayBuffer(page.bytes);
 *       …
 *       return move({ page: page.number, pixels }, [pixels]);
 *     }
 *
 * Use it for large `ArrayBuffer`s, because a move takes the same time for any size, and for what cannot be
 * copied, such as ports and streams. The thread that returns the value loses the objects: a moved buffer has
 * length 0 there. The receiver sees all bytes that this thread has written before the return. A value that
 * does not leave this thread stays as it is.
 *
 * @param value the value to return, an object: one of the list, or an object that contains them
 * @param transfer `ArrayBuffer`s, ports, streams, and all else that the runtime can transfer
 * @returns `value` itself
 * @throws TypeError if `value` is no object, or if something in the list cannot be moved, with its place
 * @see Python has no counterpart: its threads share all objects
 */
export function move<T>(value: T, transfer: readonly object[]): T {
  const objects = checkTransfer(transfer, "core");
  if ((typeof value !== "object" && typeof value !== "function") || value === null) {
    throw new TypeError(
      `core: value must be an object that contains what is to be moved, got ${describe(value)}; return it as it is`,
    );
  }
  moves.set(value, objects);
  return value;
}

/** The list that {@link move} has noted for this value, once; empty if there is none. */
export function takeMoved(value: unknown): readonly object[] {
  if (typeof value !== "object" || value === null) return NONE;
  const list = moves.get(value);
  if (list === undefined) return NONE;
  moves.delete(value);
  return list;
}

/**
 * Checks a list of objects to move, before anything is touched. The runtime refuses the rest, such as a closed port.
 *
 * @returns the objects, buffers last: Deno empties the buffers before an object that it refuses
 * @throws TypeError with the place of what cannot be moved, and the cure
 */
export function checkTransfer(list: unknown, packageName: string): readonly object[] {
  if (!Array.isArray(list)) {
    const cure = typeof list === "object" && list !== null ? "; write [it]" : "";
    throw new TypeError(
      `${packageName}: transfer must be an array of the objects to move, got ${describe(list)}${cure}`,
    );
  }
  const checked: object[] = [];
  for (let i = 0; i < list.length; i++) {
    const item: unknown = list[i];
    const problem = checked.includes(item as object)
      ? "stands there twice; name it once"
      : whyUnmovable(item, `transfer[${i}]`);
    if (problem !== undefined) throw new TypeError(`${packageName}: transfer[${i}] ${problem}`);
    checked.push(item as object);
  }
  const isBuffer = (object: object): boolean => tagOf(object) === BUFFER;
  return [...checked.filter((object) => !isBuffer(object)), ...checked.filter(isBuffer)];
}

const BUFFER = "ArrayBuffer";

/** All objects that some runtime can move. */
const MOVABLE: ReadonlySet<string> = /* @__PURE__ */ new Set([
  ...[BUFFER, "MessagePort", "ReadableStream", "WritableStream", "TransformStream", "ImageBitmap", "OffscreenCanvas"],
  ...["AudioData", "VideoFrame", "RTCDataChannel", "MediaSourceHandle", "MediaStreamTrack", "MIDIAccess"],
  ...["WebTransportReceiveStream", "WebTransportSendStream", "FileHandle", "AbortSignal"],
]);

/** The tag, or else the class, because Node gives a FileHandle no tag, and a port the tag of its base class. */
function tagOf(object: object): string {
  const tag = ifItThrows("Object", () => Object.prototype.toString.call(object).slice(8, -1));
  return MOVABLE.has(tag) || tag === "SharedArrayBuffer" ? tag : className(object);
}

function whyUnmovable(item: unknown, place: string): string | undefined {
  const what = `is ${describe(item)}, which cannot be moved`;
  if (typeof item !== "object" || item === null) return `${what}; name objects only, such as an ArrayBuffer`;
  if (ArrayBuffer.isView(item)) return `is a view, which cannot be moved; name its memory, ${place}.buffer`;
  const tag = tagOf(item);
  if (tag === "SharedArrayBuffer") return "is shared memory, which all threads have; leave it out of the list";
  if (tag === BUFFER && isGone(item as ArrayBuffer))
    return "has been moved before: its bytes are another thread's by now";
  return MOVABLE.has(tag) ? undefined : `${what}; name the buffers, ports and streams in it`;
}

/** Have the bytes of this buffer been moved? */
function isGone(buffer: ArrayBuffer): boolean {
  return ifItThrows(true, () => new Uint8Array(buffer).length < 0);
}
