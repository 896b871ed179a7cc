/** Unpacks an envelope: rebuilds the objects that `pack` replaced by records. */
import { isRootPrototype, isMap, isSet, fieldsOfList } from "./structured-clone.js";
import { ThreadError } from "../errors.js";
import {
  ERROR,
  EXTENDED,
  type Envelope,
  FILE,
  FUNCTION,
  INSTANCE,
  isKnownKind,
  LIST,
  notLoaded,
  NUMBERED,
  type Packed,
  reviverOf,
} from "./envelope.js";
import { type Callable, type ExportRef, resolveExport } from "./expose.js";
import { define, type Fields } from "./fields.js";
import { knownObject } from "./known-objects.js";
import { errorLike, type PackedError } from "./packed-error.js";
import { isPrimitiveTable, unpackPrimitiveTable } from "./primitive-table.js";

/**
 * The value of an envelope. Call it once per envelope: it rebuilds in place.
 *
 * @throws ThreadError if the module that exposes a function or rebuilds an object is not loaded in this
 *   thread; `prepare` loads it
 */
export function unpack<T = unknown>(envelope: Envelope): T {
  if (envelope.parts.length === 0) return envelope.value as T;
  return new Unpacking(envelope.parts).restore(envelope.value) as T;
}

/** Are all modules for `unpack` loaded? Then {@link prepare} is not necessary. */
export function isPrepared({ parts }: Envelope): boolean {
  return parts.every(({ kind, moduleUrl, exportRef, inner }) => {
    if (inner !== undefined && !isPrepared(inner)) return false;
    return (
      (moduleUrl === undefined || isKnownKind(kind)) &&
      (exportRef === undefined || resolveExport(exportRef) !== undefined)
    );
  });
}

/**
 * Loads the modules that `unpack` needs.
 *
 * @param load imports the module of a URL, for the sake of `what`; `import()` by default
 * @throws (rejects with) the error of an import; ThreadError if a module does not expose the name it is
 *   imported for
 */
export async function prepare(
  envelope: Envelope,
  load: (url: string, what: string) => Promise<unknown> = (url) =>
    import(/* @vite-ignore */ /* webpackIgnore: true */ url),
): Promise<void> {
  for (const { kind, moduleUrl, exportRef, inner } of envelope.parts) {
    if (inner !== undefined) await prepare(inner, load);
    if (moduleUrl !== undefined && !isKnownKind(kind)) await load(moduleUrl, kind);
    if (exportRef === undefined || resolveExport(exportRef) !== undefined) continue;
    await load(exportRef.url, exportRef.name);
    if (resolveExport(exportRef) === undefined && kind !== ERROR) throw notExposed(exportRef);
  }
}

function notExposed({ url, name }: ExportRef): ThreadError {
  return new ThreadError(
    `core: ${url} was imported, but exposed no ${name}; call expose({ ${name} }) at its top level, ` +
      `where it runs in every thread (not behind isMainThread)`,
  );
}

class Unpacking {
  private readonly packed: ReadonlySet<unknown>;
  /** Each visited object, with its replacement, or itself, restored in place. */
  private readonly seen = new Map<object, unknown>();

  /** The objects revived from records of their own. */
  private readonly objects = new Set<object>();
  /** The primitives of the primitive table, by number. */
  private readonly primitives: readonly unknown[];

  constructor(parts: readonly Packed[]) {
    this.packed = new Set(parts);
    const first = parts[0]!;
    this.primitives = isPrimitiveTable(first) ? unpackPrimitiveTable(first, reviverOf) : [];
  }

  restore(value: unknown): unknown {
    if (typeof value !== "object" || value === null) return value;
    if (this.seen.has(value)) return this.seen.get(value);
    if (this.packed.has(value)) return this.revive(value as Packed);
    this.seen.set(value, value);
    if (Array.isArray(value)) this.restoreList(value);
    else if (isRootPrototype(Object.getPrototypeOf(value) as object | null)) this.restoreFields(value, value);
    else if (isMap(value)) this.restoreMap(value);
    else if (isSet(value)) this.restoreSet(value);
    return value;
  }

  private restoreList(list: unknown[]): void {
    list.forEach((item, i) => typeof item === "object" && (list[i] = this.restore(item)));
    for (const name of fieldsOfList(list)) define(list, name, this.restore((list as never as Fields)[name]));
  }

  private restoreMap(map: Map<unknown, unknown>): void {
    const entries = [...map];
    map.clear();
    for (const [key, item] of entries) map.set(this.restore(key), this.restore(item));
  }

  private restoreSet(set: Set<unknown>): void {
    const items = [...set];
    set.clear();
    for (const item of items) set.add(this.restore(item));
  }

  private restoreFields(from: object, into: object): void {
    for (const [key, field] of Object.entries(from)) {
      if (from !== into || (typeof field === "object" && field !== null)) define(into, key, this.restore(field));
    }
  }

  private revive(packed: Packed): unknown {
    switch (packed.kind) {
      case FUNCTION:
        return this.keep(packed, found(packed.exportRef as ExportRef));
      case INSTANCE: {
        const self = this.keep(
          packed,
          Object.create(found(packed.exportRef as ExportRef).prototype as object) as object,
        );
        this.restoreFields(packed.data as object, self);
        return self;
      }
      case EXTENDED:
        return this.reviveExtended(packed);
      case FILE: {
        const { bytes, name, ...options } = packed.data as { bytes: Blob; name: string } & FilePropertyBag;
        return this.keep(packed, new File([bytes], name, options));
      }
      case ERROR: {
        const data = packed.data as PackedError;
        const error = this.keep(packed, errorLike(data, packed.exportRef && resolveExport(packed.exportRef)));
        this.restoreFields(data.fields, error);
        for (const name of ["cause", "errors", "name"]) {
          if (Object.hasOwn(error, name)) Object.defineProperty(error, name, { enumerable: false });
        }
        return error;
      }
      case NUMBERED:
        return this.primitives[packed.data as number];
      case LIST: {
        const list: unknown[] = this.keep(packed, []);
        for (const number of packed.data as Int32Array) list.push(this.primitives[number]);
        return list;
      }
      default:
        return this.keep(packed, this.knownObject(reviverOf(packed)(packed.data as never) as object));
    }
  }

  /**
   * The known object for the same words, once: two objects that are sent arrive as two, even over
   * the same words.
   */
  private knownObject(made: object): object {
    const one = knownObject(made);
    if (this.objects.has(one)) return made;
    this.objects.add(one);
    return one;
  }

  private reviveExtended(packed: Packed): object {
    const { base, fields } = packed.data as { base: object; fields: object };
    const isPrimitive = this.packed.has(base);
    const self = this.keep(
      packed,
      isPrimitive ? (reviverOf(base as Packed)((base as Packed).data as never) as object) : base,
    );
    if (!isPrimitive) this.restore(base);
    this.restoreFields(fields, self);
    return Object.setPrototypeOf(self, found(packed.exportRef as ExportRef).prototype as object) as object;
  }

  private keep<T extends object>(packed: Packed, value: T): T {
    this.seen.set(packed, value);
    return value;
  }
}

function found(exportRef: ExportRef): Callable & { prototype?: unknown } {
  const member = resolveExport(exportRef);
  if (member === undefined) throw notLoaded(exportRef.name, exportRef.url);
  return member;
}
