import { basename } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { importsOf } from "../.dependency-cruiser.mjs";
import type { Manifest, Package } from "./packages.ts";

/**
 * The errors in the dependencies of a package.json, in words. Imports between files are the business of
 * .dependency-cruiser.mjs; this reads its table of packages.
 */
export function dependencyFaults({ folder, manifest, imports }: Package): string[] {
  if (folder.startsWith("apps/")) return [];
  const { name, dependencies, peerDependencies, optionalDependencies } = manifest;
  const allowed = importsOf(basename(folder)).map((other) => `@x/${other}`);
  const listed = Object.keys({ ...dependencies, ...peerDependencies, ...optionalDependencies });
  const faults = listed.flatMap((other) => {
    if (!other.startsWith("@x/")) return [`${name} depends on ${other}, which is outside this repository`];
    return allowed.includes(other) ? [] : [`${name} depends on ${other}`];
  });
  for (const { file, specifier } of imports) {
    const other = /^@x\/[^/]+/.exec(specifier)?.[0];
    if (other === undefined || other === name || listed.includes(other)) continue;
    faults.push(`${file} imports ${other}, which its package.json does not list`);
  }
  return faults;
}

/** How a published package.json differs in shape from the model's (Event, the smallest). */
export function misshapen(manifest: Manifest, model: Manifest): string[] {
  const faults: string[] = [];
  const keys = Object.keys(manifest);
  // A package may have no dependencies (core), and a second face, found by old compilers through `typesVersions` and by Parcel through `alias`; all else is alike.
  const missing = Object.keys(model).filter((key) => key !== "dependencies" && !keys.includes(key));
  const extra = keys.filter((key) => !["typesVersions", "alias"].includes(key) && !(key in model));
  if (missing.length > 0) faults.push(`${manifest.name} lacks ${missing.join(", ")}`);
  if (extra.length > 0) faults.push(`${manifest.name} has ${extra.join(", ")}, which no other package has`);
  const order = (of: string[]): string => of.filter((key) => keys.includes(key) && key in model).join(" ");
  if (order(keys) !== order(Object.keys(model))) faults.push(`${manifest.name} has its keys in another order`);
  const same = ["license", "type", "main", "module", "types", "files", "scripts", "engines", "publishConfig"];
  for (const key of same) {
    if (!isDeepStrictEqual(manifest[key], model[key])) faults.push(`${manifest.name} has another ${key}`);
  }
  for (const entry of [".", "./package.json"]) {
    // Core has a build for browsers.
    const { browser: _, ...mine } = (manifest.exports?.[entry] ?? {}) as Record<string, unknown>;
    const { ...its } = model.exports?.[entry] as Record<string, unknown>;
    // The order of conditions counts, because the first match is taken.
    if (JSON.stringify(mine) !== JSON.stringify(its)) faults.push(`${manifest.name} exports "${entry}" otherwise`);
  }
  return faults;
}
