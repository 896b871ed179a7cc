import { describe, type Envelope, PACK, pack, type Packed, packedAs, registerKind, unpack } from "@x/core";
import { checkNoPrivateFields, makeSharedFieldsBy, report } from "@x/core/internal";
import { ABSENT } from "./cell.js";
import { Fields, type FieldsHandle } from "./fields.js";

const KIND = "@x/shared SharedObject";

/** The posted form of a shared object. */
interface ObjectHandle extends FieldsHandle {
  /** The envelope of its class; none for an object of `sharedObject`. */
  readonly class?: Envelope | undefined;
}

/** The words of an existing object. */
class Existing {
  constructor(readonly fields: Fields) {}
}

/** The fields of each shared object. */
const fieldsOf = /* @__PURE__ */ new WeakMap<object, Fields>();

/** The object of each line of memory, in this thread. */
const objects = /* @__PURE__ */ new WeakMap<Int32Array, Map<number, WeakRef<SharedObject>>>();

/** The fields of the target of a proxy: faster than {@link fieldsOf}. */
let fieldsIn: (target: SharedObject) => Fields;

const HANDLER: ProxyHandler<SharedObject> = {
  get: (target, key, receiver) => {
    const value = typeof key === "string" ? fieldsIn(target).get(key) : ABSENT;
    return value === ABSENT ? (Reflect.get(target, key, receiver) as unknown) : value;
  },
  set: (target, key, value, receiver) => {
    const fields = fieldsIn(target);
    if (typeof key !== "string" || !fields.has(key)) return Reflect.set(target, key, value, receiver); // a setter of the class, or a new field
    fields.set(key, value, () => pathOf(target, key));
    return true;
  },
  has: (target, key) => (typeof key === "string" && fieldsIn(target).has(key)) || Reflect.has(target, key),
  deleteProperty: (target, key) => {
    if (typeof key === "string") fieldsIn(target).delete(key);
    return true;
  },
  ownKeys: (target) => fieldsIn(target).names(),
  getOwnPropertyDescriptor: (target, key) => {
    const value = typeof key === "string" ? fieldsIn(target).get(key) : ABSENT;
    return value === ABSENT ? undefined : { value, writable: true, enumerable: true, configurable: true };
  },
  defineProperty: (target, key, property) => {
    if (typeof key !== "string")
      throw new TypeError(`shared: ${pathOf(target, key)} is a symbol, which threads do not share; use a string`);
    if ("get" in property || "set" in property)
      throw new TypeError(`shared: ${pathOf(target, key)} is a getter or setter of one object; define it in the class`);
    fieldsIn(target).set(key, property.value, () => pathOf(target, key));
    return true;
  },
  preventExtensions: (target) => {
    throw new TypeError(`shared: an object of ${nameOf(target)} cannot be frozen; other threads change it`);
  },
  setPrototypeOf: (target) => {
    throw new TypeError(`shared: an object of ${nameOf(target)} keeps its class; other threads know it by its class`);
  },
};

const INSPECT = Symbol.for("nodejs.util.inspect.custom");

/**
 * The base class of shared objects: their fields are the same in all threads.
 *
 *     class Account extends SharedObject {
 *       balance = 0;
 *       lock = new RLock();
 *       deposit(n) { this.lock.with(() => { this.balance += n; }); }
 *     }
 *     expose({ Account });
 *
 * Threads receive an Account as an argument, and its methods work on the same fields in each thread.
 * The constructor runs once, in the thread that makes the object. Each read and each write of a field is
 * atomic. `this.balance += n` is a read and a write: hold a lock, as above.
 *
 * A field holds any value that can travel. An object in a field is a copy: `this.log.push(x)` changes the copy alone,
 * so `this.log = [...this.log, x]`. Primitives are references. `#private` fields are refused, because only
 * the constructor makes them.
 *
 * T1 writes a field, and T2 reads the new value: then T2 sees all earlier writes of T1.
 *
 * @throws TypeError if the class has `#private` fields
 * @see Python's objects
 */
export class SharedObject {
  static {
    registerKind(KIND, import.meta.url, objectOf);
    provideSharedFields();
    fieldsIn = (target) => target.#fields;
  }

  readonly #fields: Fields;

  constructor();
  /** @internal */
  constructor(existing: Existing);
  constructor(existing?: unknown) {
    const isThere = existing instanceof Existing;
    if (!isThere) checkNoPrivateFields(new.target, `an object of ${new.target.name}`, SharedObject);
    this.#fields = isThere ? existing.fields : new Fields("shared");
    const object = new Proxy(this, HANDLER);
    fieldsOf.set(object, this.#fields);
    if (!isThere) report(object, `shared ${new.target.name}`);
    return object;
  }

  /** @internal The record by which it travels. */
  [PACK](): Packed {
    const fields = fieldsOf.get(this)!;
    remember(fields, this);
    const Class = this.constructor;
    const inner = Class === SharedObject ? undefined : pack(Class, nameOf(this));
    const handle: ObjectHandle = { ...fields.handle, class: inner };
    return { ...packedAs(KIND, handle), inner };
  }

  /** @internal What Node prints. */
  [INSPECT](): object {
    const copy = Object.assign(Object.create(Object.getPrototypeOf(this) as object) as object, { ...this });
    return Object.defineProperty(copy, INSPECT, { value: undefined }); // else Node would ask the copy, too
  }
}

/**
 * Returns a {@link SharedObject} without a class of its own: its fields are the same in all threads.
 *
 *     const state = sharedObject({ running: true, done: 0 });
 *
 * @throws TypeError if a field cannot travel
 */
export function sharedObject<T extends object>(fields: T): T {
  return Object.assign(new SharedObject(), fields);
}

function provideSharedFields(): void {
  makeSharedFieldsBy((fields) => sharedObject(fields));
}

/**
 * Names fields for `static shared` of a subclass of `Thread`: they are the same in all threads.
 *
 *     class Task extends Thread {
 *       static shared = sharedFields("running", "left");
 *       running = true;
 *       left = 50;
 *     }
 *
 * It returns the names alone, and `["running", "left"]` means the same. But a bundler leaves this package out
 * unless the program uses one of its exports.
 *
 * @param names the names of the fields
 * @returns the names
 * @throws TypeError if one of them is no string
 */
export function sharedFields<const Names extends readonly string[]>(...names: Names): Names {
  for (const name of names as readonly unknown[])
    if (typeof name !== "string")
      throw new TypeError(`shared: sharedFields takes names of fields, got ${describe(name)}`);
  provideSharedFields();
  return names;
}

/** The object of a handle: the same for the same words. */
function objectOf({ class: envelope, ...handle }: ObjectHandle): SharedObject {
  const Class = envelope === undefined ? SharedObject : unpack<typeof SharedObject>(envelope);
  const fields = new Fields("shared", handle);
  const known = objects.get(fields.words)?.get(fields.at)?.deref();
  if (known !== undefined) return known;
  const object = Reflect.construct<[Existing], SharedObject>(SharedObject, [new Existing(fields)], Class);
  remember(fields, object);
  return object;
}

function remember({ words, at }: Fields, object: SharedObject): void {
  let ofWords = objects.get(words);
  if (ofWords === undefined) objects.set(words, (ofWords = new Map<number, WeakRef<SharedObject>>()));
  ofWords.set(at, new WeakRef(object));
}

function nameOf(object: object): string {
  return object.constructor.name;
}

function pathOf(object: object, key: PropertyKey): string {
  return `${nameOf(object)}.${String(key)}`;
}
