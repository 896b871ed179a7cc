/**
 * Exposed functions and classes: a module registers them, and they travel by its URL and a name. A
 * thread that receives such a name imports the module, and looks the name up.
 */
import { describe } from "../check.js";
import { callers } from "../platform/caller.js";
import { ThreadError } from "../errors.js";
import { values } from "../platform/values.js";
import { globalSlot } from "../global-slot.js";

/** Any function or class. */
export type Callable = (abstract new (...args: never) => unknown) | ((...args: never) => unknown);

/** The module and the name of an exposed function or class. */
export interface ExportRef {
  /** The URL of the module that exposes it. */
  readonly url: string;
  /** Its name in `expose`. */
  readonly name: string;
}

/** Exposed functions and classes: module URL → name → value. */
const exposed = /* @__PURE__ */ globalSlot("exposed 1", () => new Map<string, Map<string, Callable>>());
/** And back: the module and the name of each exposed function or class. */
const refs = /* @__PURE__ */ globalSlot("export refs 1", () => new WeakMap<Callable, ExportRef>());

/** A module: its URL, its path, or `import.meta`. */
export type Module =
  | ImportMeta
  | string
  | {
      /** The URL of the module. */
      readonly href: string;
    };

/** The functions and classes of a module, by name. */
type Members = Readonly<Record<string, Callable>>;

/**
 * Registers functions and classes of a module, so that other threads can find them.
 *
 *     export function square(x: number) { return x * x; }
 *     export class Job { … }
 *     expose({ square, Job });
 *
 * Other threads import the module, so it must be safe to import: code for the main thread alone
 * belongs behind `if (isMainThread)`. The names are the object's keys, so a minifier does no harm.
 *
 * The module is the file that calls `expose`. A helper that calls it for another module gives that
 * module's address first: `expose(import.meta.url, { square })`, in CommonJS
 * `expose(__filename, { square })`.
 *
 * @throws TypeError if a member is not a function or class, or the module has no address; ThreadError if
 *   the module has exposed something else by that name (two modules of one bundle share its address:
 *   choose different names)
 * @see Python needs no counterpart: its threads share all functions
 */
export function expose(members: Members): void;
/** @param module its URL or path, or `import.meta` */
export function expose(module: Module | undefined, members: Members): void;
export function expose(...args: readonly unknown[]): void {
  const [url, members] = withModule(args, expose, "core", "expose");
  if (typeof members !== "object" || members === null) {
    throw new TypeError(`core: expose takes an object of functions and classes, got ${describe(members)}`);
  }
  const entries = Object.entries(members);
  for (const [name, member] of entries) {
    if (typeof member !== "function") {
      throw new TypeError(`core: expose takes functions and classes, but ${name} is ${describe(member)}`);
    }
    const other = exposed.get(url)?.get(name);
    // Equal text means: the module ran again (hot reload, ESM beside CommonJS). The newest function
    // counts.
    if (other !== undefined && String(other) !== String(member)) {
      throw new ThreadError(
        `core: ${url} has exposed another ${name} already; modules of a bundle share its address: choose another name`,
      );
    }
  }
  let names = exposed.get(url);
  if (names === undefined) {
    names = new Map<string, Callable>();
    exposed.set(url, names);
  }
  for (const [name, member] of entries as [string, Callable][]) {
    names.set(name, member);
    refs.set(member, { url, name });
  }
  onceExposed?.();
}

let onceExposed: (() => void) | undefined;

/** Calls back after each `expose` of this thread. */
export function onExpose(callback: () => void): void {
  onceExposed = callback;
}

/** The module and the name of this function or class; undefined if it is not exposed. */
export function exportRefOf(member: Callable): ExportRef | undefined {
  return refs.get(member);
}

/**
 * Can another thread import the module? A program from the command line, standard input or a
 * console is in no file.
 */
export function isInFile({ url }: ExportRef): boolean {
  if (url !== asked) {
    asked = url;
    answer = !/(?:\[|%5B)(?:worker )?(?:eval|stdin)\d*(?:\]|%5D)$|\/\$deno\$/i.test(url);
  }
  return answer;
}

/** A cache of the last answer: most calls are for the same module. */
let asked = "";
let answer = true;

/** The exposed function or class; undefined if its module is not loaded in this thread. */
export function resolveExport({ url, name }: ExportRef): Callable | undefined {
  return exposed.get(url)?.get(name) ?? (values.threadsHaveTheirOwnBundle ? onlyExport(name) : undefined);
}

/**
 * The one exposed function or class of this name. A bundle of the page and the bundle that its
 * threads run give a module two URLs, so there the name must do.
 */
function onlyExport(name: string): Callable | undefined {
  const all = [...exposed.values()].flatMap((names) => names.get(name) ?? []);
  return all.length === 1 ? all[0] : undefined;
}

/**
 * The URL of the module, and the members, of a call `f(members)` or `f(module, members)`. Without an
 * address the module is the file of the caller of `f`. So it is with an empty `import.meta`, or
 * without its `url`, as bundlers leave them.
 *
 * @throws TypeError if `module` names none, or the engine does not tell the caller's file
 */
export function withModule(
  args: readonly unknown[],
  f: (...args: never) => unknown,
  packageName: string,
  name: string, // a minifier renames the function
): [string, unknown] {
  const [module, members] = args.length < 2 ? [undefined, args[0]] : args;
  const { url, href } = (typeof module === "string" ? { url: module } : (module ?? {})) as {
    url?: unknown;
    href?: unknown;
  };
  const given = url ?? href;
  if (given === undefined && isNothing(module)) {
    const [caller] = callers(f);
    if (caller !== undefined) return [values.callerURL(caller), members];
  }
  if (typeof given === "string" && given !== "") return [values.moduleURL(given), members];
  const cure = `write ${name}(import.meta.url, { … }), in CommonJS ${name}(__filename, { … })`;
  throw new TypeError(
    module === undefined
      ? `${packageName}: ${name} cannot tell the file that calls it; ${cure}`
      : `${packageName}: expected import.meta, a path or a URL first, got ${describe(module)}; ${cure}`,
  );
}

/** Is it what bundlers leave of `import.meta`, or of its `url`? */
function isNothing(module: unknown): boolean {
  if (typeof module !== "object" || module === null) return module === undefined;
  const prototype: unknown = Object.getPrototypeOf(module);
  return (prototype === null || prototype === Object.prototype) && Object.keys(module).length === 0;
}
