/**
 * How code reaches another thread: by the module it stands in and a name, never as text. A module says what it exposes;
 * a thread that is sent such a function imports the module and looks the name up.
 */
import { describe } from "../check.js";
import { ThreadError } from "../errors.js";
import { platform } from "../platform/index.js";
import { globalSlot } from "../global-slot.js";

/** Any function or class. */
export type Callable = (abstract new (...args: never) => unknown) | ((...args: never) => unknown);

/** Where an exposed function or class is to be found. */
export interface ExportRef {
  /** The URL of the module that exposes it. */
  readonly url: string;
  /** By which name. */
  readonly name: string;
}

/** Exposed functions and classes: module URL → name → value. */
const exposed = /* @__PURE__ */ globalSlot("exposed 1", () => new Map<string, Map<string, Callable>>());
/** And back: where others find this function or class. */
const refs = /* @__PURE__ */ globalSlot("export refs 1", () => new WeakMap<Callable, ExportRef>());

/** The module that exposes: `import.meta`, or for CommonJS its path (`__filename`) or URL. */
export type Module =
  | ImportMeta
  | string
  | {
      /** The URL of the module. */
      readonly href: string;
    };

/**
 * Says where other threads find these functions and classes.
 *
 *     export function square(x: number) { return x * x; }
 *     export class Job { … }
 *     expose(import.meta, { square, Job });        // in CommonJS: expose(__filename, { square, Job })
 *
 * Another thread imports the module to get at them, so the module must be safe to import: what only the main thread shall
 * do belongs behind `if (isMainThread)`. Names are those of the object's keys: minifying does no harm.
 *
 * @throws TypeError if a member is not a function or class, or the module is none; ThreadError if the module has exposed
 *   something else by that name (two modules of one bundle share its URL: choose different names)
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
    // The same text is the same module evaluated once more (hot reload, ESM beside CommonJS): the newest counts.
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

/** Where other threads find this function or class; undefined if it was not exposed. */
export function exportRefOf(member: Callable): ExportRef | undefined {
  return refs.get(member);
}

/** Can another thread import the module? Programs from the command line, from standard input and from a console stand in no file. */
export function isInFile({ url }: ExportRef): boolean {
  if (url !== asked) {
    asked = url;
    answer = !/(?:\[|%5B)(?:worker )?(?:eval|stdin)\d*(?:\]|%5D)$|\/\$deno\$/i.test(url);
  }
  return answer;
}

/** Of which module it was asked last: mostly of one and the same. */
let asked = "";
let answer = true;

/** The exposed function or class, if the module that exposes it has been loaded in this thread. */
export function resolveExport({ url, name }: ExportRef): Callable | undefined {
  return exposed.get(url)?.get(name);
}

/**
 * The URL of the module that is speaking, however it says which it is.
 *
 * @throws TypeError if it does not say so
 */
export function moduleURL(module: Module, who: string): string {
  const { url, href } = (typeof module === "string" ? { url: module } : (module ?? {})) as {
    url?: unknown;
    href?: unknown;
  };
  const text = url ?? href;
  if (typeof text !== "string" || text === "") {
    // `module`, or the empty `import.meta` of what a bundler has turned into CommonJS.
    const cure = typeof module === "object" && module !== null ? "; in CommonJS write __filename" : "";
    throw new TypeError(`${who}: expected import.meta, a path or a URL first, got ${describe(module)}${cure}`);
  }
  return platform.moduleURL(text);
}
