/** Separate values in each thread: Python's `threading.local`. */
import { getIdent, type ExportRef, PACK, type Packed, packedAs, registerKind } from "@x/core";
import { brandClass, resolveExport, exportRefOf } from "@x/core/internal";
import { whenFirst } from "../protocol/kinds.js";
import { taskContext } from "../runtime/task-context.js";
import { PROTOCOL } from "../platform/protocol-version.js";

const KIND = `${PROTOCOL} Local`;

/** The namespaces of the thread in this worker. */
let namespaces = new WeakMap<object, object>();

/** The travelled Locals of this realm, by their id in other threads. */
const travelled = new Map<string, WeakRef<Local>>();
let made = 0;

/** The namespaces of the running task, or else of the thread. */
function ownNamespaces(): WeakMap<object, object> {
  const task = taskContext();
  return task === undefined ? namespaces : (task.locals ??= new WeakMap());
}

/** Drops all namespaces, because a new thread runs in this worker. */
export function forgetLocals(): void {
  namespaces = new WeakMap();
}

/**
 * The namespace being filled by a subclass's constructor, in another thread than the Local's maker.
 */
let filling: object | undefined;

/** The brand by which each copy recognises a Local. Reading it creates no namespace. */
let brand: symbol;

interface LocalData {
  readonly id: string;
  readonly args: unknown[];
  readonly exportRef: ExportRef | undefined;
}

/** The implementation of {@link Local}. */
class LocalBase {
  constructor(...args: unknown[]) {
    if (filling !== undefined) {
      const namespace = filling;
      filling = undefined; // the subclass's constructor may make other Locals
      return namespace; // becomes `this` of the subclass's constructor
    }
    if (new.target === Local && args.length > 0)
      throw new TypeError("thread: Local takes no arguments; a subclass may");
    const Class = new.target as unknown as LocalClass;
    const own = (): object => namespaceOf(self, Class, args);
    // Private fields belong to the constructor's `this`: the proxy in this thread, the namespace in
    // other threads.
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
    ownNamespaces().set(self, first);
    return self;
  }

  static {
    Object.defineProperty(this, "name", { value: "Local" });
    brand = brandClass(this, "@x/thread Local");
    whenFirst(() => registerKind(KIND, import.meta.url, revive));
  }
}

/**
 * True for a method of the subclass; false for a value of this thread, or a method of every object.
 */
function isMethod(namespace: object, key: PropertyKey, value: unknown): value is Method {
  if (typeof value !== "function" || key === "constructor" || Object.hasOwn(namespace, key)) return false;
  return !(key in LocalBase.prototype);
}

type Method = (...args: unknown[]) => unknown;

/** By namespace: a method is then the same function each time. */
const methods = new WeakMap<object, WeakMap<Method, Method>>();

/**
 * The method. A call on `self` gets the namespace for `this`: the namespace has the private fields of
 * this thread.
 */
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

/** The attributes of the calling thread, or of its task; filled by the subclass's constructor. */
function namespaceOf(self: Local, Class: LocalClass, args: unknown[]): object {
  const own = ownNamespaces();
  let namespace = own.get(self);
  if (namespace === undefined) {
    namespace = Object.create(Class.prototype) as object;
    own.set(self, namespace);
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
 * An object with separate attributes in each thread.
 *
 *     const request = new Local<{ id?: number }>();
 *     request.id = 7;                                         // other threads see undefined
 *
 * A subclass may set defaults in every thread: its constructor runs once per thread, when the object
 * arrives there or at the first access. It gets the arguments of the call of `super`.
 *
 *     class Request extends Local { log: string[]; constructor(readonly size: number) { super(size); this.log = []; } }
 *
 * A Local among the arguments arrives as itself, and empty: each thread has its own values. The values
 * live while both the thread and the object live. Where tasks of an executor interleave
 * (`tasksPerWorker`), each task is a thread in this sense.
 *
 * @see Python `threading.local`; an absent attribute is undefined, where Python raises
 *   AttributeError
 */
export const Local: new <T extends object = Record<string, unknown>>(...args: unknown[]) => Local<T> =
  LocalBase as never;
