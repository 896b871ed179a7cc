/**
 * Exposed functions and classes: a module registers them, and they travel by its URL and a name. A
 * thread that receives such a name imports the module, and looks the name up.
 */
import { describe } from "../check.js";
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

/** The exposing module: `import.meta`; in CommonJS its path (`__filename`) or URL. */
export type Module =
  | ImportMeta
  | string
  | {
      /** The URL of the module. */
      readonly href: string;
    };

/**
 * Registers functions and classes of a module, so that other threads can find them.
 *
 *     export function square(x: number) { return x * x; }
 *     export class Job { … }
 *     expose(import.meta, { square, Job });        // in CommonJS: expose(__filename, { square, Job })
 *
 * Other threads import the module, so it must be safe to import: code for the main thread alone
 * belongs behind `if (isMainThread)`. The names are the object's keys, so a minifier does no harm.
 *
 * @throws TypeError if a member is not a function or class, or `module` names no module; ThreadError if
 *   the module has exposed something else by that name (two modules of one bundle share its URL: choose
 *   different names)
 * @see Python needs no counterpart: its threads share all functions
 */
export function expose(module: Module, members: Readonly<Record<string, Callable>>): void {
  const url = moduleURL(module, "core");
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
        `core: ${url} has exposed another ${name} already; modules of one bundle share its URL: give this one another name`,
      );
    }
  }
  let names = exposed.get(url);
  if (names === undefined) {
    names = new Map<string, Callable>();
    exposed.set(url, names);
  }
  for (const [name, member] of entries) {
    names.set(name, member);
    refs.set(member, { url, name });
  }
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
  return exposed.get(url)?.get(name);
}

/**
 * The URL of a module.
 *
 * @throws TypeError if `module` names none
 */
export function moduleURL(module: Module, packageName: string): string {
  const { url, href } = (typeof module === "string" ? { url: module } : (module ?? {})) as {
    url?: unknown;
    href?: unknown;
  };
  const text = url ?? href;
  if (typeof text !== "string" || text === "") {
    // CommonJS `module`, or the empty `import.meta` in a bundle for CommonJS.
    const cure = typeof module === "object" && module !== null ? "; in CommonJS write __filename" : "";
    throw new TypeError(`${packageName}: expected import.meta, a path or a URL first, got ${describe(module)}${cure}`);
  }
  return values.moduleURL(text);
}
