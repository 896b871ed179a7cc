/// <reference types="node" />
/**
 * Modules in the chunks of Turbopack and webpack, as Next makes them for Node. Such a chunk runs
 * nothing by itself: it exports a table of factories, one for each module. The bundler's runtime, a
 * file of its own, has all factories, and evaluates a module by its id.
 *
 * So the URL of such a module is the runtime's, with the id behind `#bundled=`. It is the same in all
 * threads. The chunk is not part of it, because several chunks may hold the same module.
 */
import type * as NodeFS from "node:fs";
import type * as NodeModule from "node:module";
import type * as NodeURL from "node:url";
import { BUNDLED, type Caller } from "./caller.js";
import { builtin } from "./node.js";

/** A file that `require` has loaded. */
type Loaded = NodeJS.Module;

type Factory = readonly [id: string | number, factory: unknown];

/** The URL of the module at this place; undefined if the place is in no such chunk. */
export function moduleInChunk({ file, position, isTopLevel }: Caller): string | undefined {
  if (isTopLevel === true || /^file:/i.test(file)) return undefined; // an ordinary module; Node gives ES modules URLs
  const loaded = loadedFiles()[file];
  if (loaded === undefined) return undefined;
  for (const [runtime, factories] of tablesFor(loaded)) {
    const at = position?.();
    if (typeof at !== "number") return undefined;
    const id = idAt(at, builtin<typeof NodeFS>("node:fs").readFileSync(file, "utf8"), factories);
    if (id !== undefined)
      return `${urls().pathToFileURL(runtime.filename).href}${BUNDLED}${encodeURIComponent(JSON.stringify(id))}`;
  }
  return undefined;
}

/**
 * All chunks that the runtime of this module has loaded, and the entries of webpack that have loaded
 * the runtime; undefined if the module is in no chunk.
 */
export function chunksBeside(url: string): readonly string[] | undefined {
  if (!url.includes(BUNDLED)) return undefined;
  const path = urls().fileURLToPath(url.replace(/#.*/, ""));
  const runtime = loadedFiles()[path];
  if (runtime === undefined) return undefined;
  const chunks = runtime.children.filter(isChunk);
  if (isOfWebpack(runtime)) chunks.push(...allLoaded().filter(({ children }) => children.includes(runtime)));
  return chunks.length === 0 ? undefined : chunks.map(({ filename }) => filename);
}

const urls = () => builtin<typeof NodeURL>("node:url");

/** By path, those of all `require` functions. */
let cache: NodeJS.Dict<Loaded> | undefined;

const loadedFiles = () => (cache ??= builtin<typeof NodeModule>("node:module").createRequire("file:///").cache);

const allLoaded = (): Loaded[] => Object.values(loadedFiles()).filter((file) => file !== undefined);

/** The runtimes that may have evaluated code of this file, each with its factories. */
function tablesFor(file: Loaded): (readonly [Loaded, readonly Factory[]])[] {
  if (!isChunkOfTurbopack(file))
    return allLoaded()
      .filter(isOfWebpack)
      .map((runtime) => [runtime, Object.entries((runtime.exports as { m: object }).m)]);
  const table = file.exports as readonly (string | number | (() => void))[];
  // Several ids may share the factory that follows them.
  const factories = table.flatMap((item, i) => {
    const id = table[i - 1];
    return typeof item === "function" && typeof id !== "function" && id !== undefined ? [[id, item] as const] : [];
  });
  return allLoaded()
    .filter(({ children }) => children.includes(file))
    .map((runtime) => [runtime, factories]);
}

function isChunk(file: Loaded): boolean {
  return isChunkOfTurbopack(file) || Array.isArray((file.exports as { ids?: unknown } | null)?.ids);
}

function isChunkOfTurbopack({ exports }: Loaded): boolean {
  return (
    Array.isArray(exports) && typeof exports.at(-1) === "function" && /^(?:string|number)$/.test(typeof exports[0])
  );
}

/** webpack's runtime exports its `require`, with the factories as `m`. */
function isOfWebpack({ exports }: Loaded): boolean {
  if (typeof exports !== "function") return false;
  const { m, C } = Object.getOwnPropertyDescriptors(exports) as Partial<Record<string, PropertyDescriptor>>;
  return typeof C?.value === "function" && isTable(m?.value);
}

function isTable(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The id of the module whose factory has this place in the text of its file. */
function idAt(position: number, text: string, factories: readonly Factory[]): string | number | undefined {
  const found = factories.find(([, factory]) => {
    if (typeof factory !== "function") return false;
    const { length } = String(factory);
    const from = Math.max(0, position - length + 1);
    return text.slice(from, position + length).includes(String(factory));
  });
  return found?.[0];
}
