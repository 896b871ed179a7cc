/** What moves to another thread instead of being copied: lists of objects, and values that thread functions return. */
import { describe, ifItThrows } from "../check.js";
import { globalSlot } from "../global-slot.js";

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
 * Checks a list of objects to move, before anything is touched. The runtime refuses the rest: objects of its
 * own classes that it cannot transfer.
 *
 * @returns a copy of the list
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
  return checked;
}

/** Objects of the language. None but a buffer can be moved. */
const DATA =
  /^\[object (?:Object|Array|Arguments|Map|Set|Weak\w+|Date|RegExp|Error|String|Number|Boolean|BigInt|Symbol|Promise|\w*Generator)\]$/;

function whyUnmovable(item: unknown, place: string): string | undefined {
  const what = `is ${describe(item)}, which cannot be moved`;
  if (typeof item !== "object" || item === null) return `${what}; name objects only, such as an ArrayBuffer`;
  if (ArrayBuffer.isView(item)) return `is a view, which cannot be moved; name its memory, ${place}.buffer`;
  const tag = ifItThrows("[object Object]", () => Object.prototype.toString.call(item));
  if (tag === "[object SharedArrayBuffer]") return "is shared memory, which all threads have; leave it out of the list";
  if (tag === "[object ArrayBuffer]" && isGone(item as ArrayBuffer))
    return "has been moved before: its bytes are another thread's by now";
  if (DATA.test(tag)) return `${what}; name the buffers, ports and streams in it`;
  return undefined;
}

/** Have the bytes of this buffer been moved? */
function isGone(buffer: ArrayBuffer): boolean {
  return ifItThrows(true, () => new Uint8Array(buffer).length < 0);
}
