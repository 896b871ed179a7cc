/** Values of which each thread has its own: Python's `threading.local`. */
import { getIdent, type ExportRef, PACK, type Packed, packedAs, registerKind } from "@x/core";
import { brandClass, resolveExport, exportRefOf } from "@x/core/internal";
import { whenFirst } from "../protocol/kinds.js";
import { PROTOCOL } from "../table/protocol-version.js";

const KIND = `${PROTOCOL} Local`;

/** The namespaces of the thread that runs here now. */
let namespaces = new WeakMap<Local, object>();

/** The Locals of this realm that have travelled, by what they are known by elsewhere. */
const travelled = new Map<string, WeakRef<Local>>();
let made = 0;

/** A new thread runs in this worker: it starts with none. */
export function forgetLocals(): void {
  namespaces = new WeakMap();
}

/** The namespace that a subclass's constructor is filling, for another thread than the one that made the Local. */
let filling: object | undefined;

/** That by which every copy knows a Local; asking for it makes no namespace. */
let brand: symbol;

interface LocalData {
  readonly id: string;
  readonly args: unknown[];
  readonly exportRef: ExportRef | undefined;
}

/** What {@link Local} is behind its type. */
class LocalBase {
  constructor(...args: unknown[]) {
    if (filling !== undefined) {
      const namespace = filling;
      filling = undefined; // the subclass's constructor may make other Locals
      return namespace; // and goes on with this one as `this`
    }
    if (new.target === Local && args.length > 0)
      throw new TypeError("thread: Local takes no arguments; a subclass may");
    const Class = new.target as unknown as LocalClass;
    const own = (): object => namespaceOf(self, Class, args);
    // Private fields are in the object that the constructor had as `this`: here that is the proxy, in other threads their namespace.
    const receiver = (namespace: object): object => (namespace === first ? self : namespace);
    const self = new Proxy(this, {
      get(_, key) {
        if (key === PACK) return () => packLocal(self, Class, args);
        const namespace = own();
        if (Class === (Local as unknown)) return Reflect.get(namespace, key) as unknown;
        const value: unknown = Reflect.get(namespace, key, receiver(namespace));
        return isMethod(namespace, key, value) && namespace !== first ? methodFor(self, namespace, value) : value;
      },
      set(_, key, value) {
        const namespace = own();
        if (Class === (Local as unknown)) return Reflect.set(namespace, key, value);
        return Reflect.set(namespace, key, value, receiver(namespace));
      },
      has: (_, key) => key === PACK || key === brand || Reflect.has(own(), key),
      deleteProperty: (_, key) => Reflect.deleteProperty(own(), key),
      defineProperty: (_, key, descriptor) => Reflect.defineProperty(own(), key, descriptor),
      ownKeys: () => Reflect.ownKeys(own()),
      getOwnPropertyDescriptor: (_, key) => Reflect.getOwnPropertyDescriptor(own(), key),
    }) as unknown as Local;
    const first = Object.create(Class.prototype) as object;
    namespaces.set(self, first);
    return self;
  }

  static {
    Object.defineProperty(this, "name", { value: "Local" });
    brand = brandClass(this, "@x/thread Local");
    whenFirst(() => registerKind(KIND, import.meta.url, revive));
  }
}

/** Is it a method of the subclass, rather than a value of this thread or what every object has? */
function isMethod(namespace: object, key: PropertyKey, value: unknown): value is Method {
  if (typeof value !== "function" || key === "constructor" || Object.hasOwn(namespace, key)) return false;
  return !(key in LocalBase.prototype);
}

type Method = (...args: unknown[]) => unknown;

/** By namespace, so that a method is the same one each time. */
const methods = new WeakMap<object, WeakMap<Method, Method>>();

/** The method as it is called on `self`: with the namespace as `this`, which has the private fields of this thread. */
function methodFor(self: Local, namespace: object, method: Method): Method {
  let known = methods.get(namespace);
  if (known === undefined) methods.set(namespace, (known = new WeakMap()));
  let bound = known.get(method);
  if (bound === undefined) {
    const apply = (_: Method, that: unknown, args: unknown[]): unknown =>
      Reflect.apply(method, that === self ? namespace : that, args);
    known.set(method, (bound = new Proxy(method, { apply })));
  }
  return bound;
}

type LocalClass = (new (...args: unknown[]) => Local) & { readonly prototype: object };

function revive({ id, args, exportRef }: LocalData): Local {
  const Class = ((exportRef && resolveExport(exportRef)) ?? Local) as unknown as LocalClass;
  return travelled.get(id)?.deref() ?? remember(id, new Class(...args));
}

/** The calling thread's own attributes, which a subclass's constructor has filled. */
function namespaceOf(self: Local, Class: LocalClass, args: unknown[]): object {
  let namespace = namespaces.get(self);
  if (namespace === undefined) {
    namespace = Object.create(Class.prototype) as object;
    namespaces.set(self, namespace);
    filling = namespace;
    try {
      Reflect.construct(Class, args);
    } finally {
      filling = undefined;
    }
  }
  return namespace;
}

const ids = new WeakMap<Local, string>();

function packLocal(self: Local, Class: LocalClass, args: unknown[]): Packed {
  let id = ids.get(self);
  if (id === undefined) remember((id = `${getIdent()}.${++made}`), self);
  const exportRef = exportRefOf(Class);
  return { ...packedAs(KIND, { id, args, exportRef } satisfies LocalData), exportRef };
}

function remember(id: string, self: Local): Local {
  ids.set(self, id);
  travelled.set(id, new WeakRef(self));
  return self;
}

/** A Local with the attributes of `T`. */
export type Local<T extends object = Record<string, unknown>> = LocalBase & T;
/**
 * A bag of attributes of which each thread has its own.
 *
 *     const request = new Local<{ id?: number }>();
 *     request.id = 7;                                         // other threads see undefined
 *
 * A subclass may give every thread its defaults: its constructor runs once per thread, at the first access, with the
 * arguments that it passed to `super`.
 *
 *     class Request extends Local { log: string[]; constructor(readonly size: number) { super(size); this.log = []; } }
 *
 * As an argument it arrives as itself, and empty: each thread has its own values. They live as long as the thread and the
 * object do.
 *
 * @see Python `threading.local`; an attribute that is absent is undefined, where Python raises AttributeError
 */
export const Local: new <T extends object = Record<string, unknown>>(...args: unknown[]) => Local<T> =
  LocalBase as never;
