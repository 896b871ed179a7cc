import { describe } from "@x/core";
import { classOf, findLayout, isPlainClass, StructBase } from "./struct-base.js";
import { type Layout, layoutOfFields } from "./struct-layout.js";
import type { StructClass, StructFields } from "./struct-types.js";
import { UNCLONEABLE } from "./struct-values.js";

/**
 * Makes a class of objects with a fixed layout in shared memory: threads see the same fields.
 *
 *     const Particle = struct({ x: "f64", y: "f64", hits: "i32", name: "string(32)" });
 *     const particle = new Particle({ x: 1.5, name: "first" });
 *     particle.x += 1;
 *     Particle.add(particle, "hits", 1);                        // one atomic operation
 *
 * Take it for numbers with many reads and writes; a field is as fast as an element of a typed array.
 * {@link StructArray} makes an array of such objects. A `SharedObject` has fields of any type, and is
 * slower.
 *
 * | type                                       | value                                                   |
 * | ------------------------------------------ | ------------------------------------------------------- |
 * | `i8` `u8` `i16` `u16` `i32` `u32`          | an integer; another number is a RangeError              |
 * | `f32` `f64`                                | a number; `f32` rounds it                               |
 * | `i64` `u64`                                | a bigint                                                |
 * | `bool`                                     | true or false, in a byte                                |
 * | `string(32)`                               | a text of up to 32 bytes of UTF-8, without `\0`         |
 * | `f32[16]`                                  | a typed array of 16 elements over the same memory       |
 * | another struct                             | an object of that struct, inside of this object         |
 *
 * Fields lie in memory as in C. Objects travel to other threads as references. The same fields give the
 * same class, and threads know it by its fields, so it needs no `expose`. A subclass with methods does:
 *
 *     class Particle extends struct({ x: "f64", y: "f64" }) {
 *       distance() { return Math.hypot(this.x, this.y); }
 *     }
 *     expose({ Particle });
 *
 * Visibility: a read of a field may give an old value, and only half of the writes of another thread,
 * unless both hold a lock, or one has waited for the other. A number of up to 32 bits is never half
 * written; a text, an `f64` or an `i64` may be, so hold a lock. `add` and `compareExchange` are atomic.
 *
 * @param fields the name and the type of each field, in the order they lie in memory
 * @throws TypeError if a type is unknown, a name is taken by the methods of a struct, or there is no field;
 *   RangeError if an object takes more than 1 GiB
 * @see Python's `ctypes.Structure`, and `multiprocessing.Value` of it
 */
export function struct<F extends StructFields>(fields: F): StructClass<F> {
  if (typeof fields !== "object" || fields === null)
    throw new TypeError(`shared: struct takes the fields as { name: type }, got ${describe(fields)}`);
  return classOf(layoutOfFields(fields, isReserved, layoutOf)) as unknown as StructClass<F>;
}

function isReserved(name: string): boolean {
  return name in StructBase.prototype || name === UNCLONEABLE;
}

function layoutOf(type: unknown, name: string): Layout | undefined {
  const layout = findLayout(type);
  if (layout === undefined || isPlainClass(type as object)) return layout;
  throw new TypeError(
    `shared: the field ${name} is of a subclass of a struct, and threads know fields by their types alone; ` +
      "name the struct itself, and put methods into the class around it",
  );
}
