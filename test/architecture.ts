import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { Manifest, Package } from "./packages.ts";

/** Who may import whom. A package that is not named here is a primitive like Event and may import core only. */
const MAY_IMPORT: Record<string, string[]> = {
  "@x/core": [],
  "@x/lock": ["@x/core"],
  "@x/event": ["@x/core"],
  "@x/semaphore": ["@x/core"],
  "@x/condition": ["@x/core", "@x/lock"],
  "@x/barrier": ["@x/core", "@x/lock", "@x/condition"],
  "@x/thread": ["@x/core"],
  "@x/timer": ["@x/core", "@x/event", "@x/thread"],
  "@x/threading": ["core", "lock", "event", "semaphore", "condition", "barrier", "thread", "timer"].map(
    (name) => `@x/${name}`,
  ),
  "@x/testkit": ["@x/core"],
};

/** Every arrow between packages that is not allowed, in words. */
export function forbiddenArrows({ folder, manifest, imports }: Package): string[] {
  if (folder.startsWith("apps/")) return [];
  const { name, dependencies, peerDependencies, optionalDependencies } = manifest;
  const allowed = MAY_IMPORT[name] ?? ["@x/core"];
  const listed = Object.keys({ ...dependencies, ...peerDependencies, ...optionalDependencies });
  const faults = listed.flatMap((other) => {
    if (!other.startsWith("@x/")) return [`${name} depends on ${other}, which is outside this repository`];
    return allowed.includes(other) ? [] : [`${name} depends on ${other}`];
  });
  for (const { file, specifier } of imports) {
    if (specifier.startsWith("@x/")) {
      const [other, ...path] = [specifier.split("/").slice(0, 2).join("/"), ...specifier.split("/").slice(2)];
      if (other === name) continue;
      if (path.length > 0) faults.push(`${file} imports ${specifier}, past the index of ${other}`);
      if (!allowed.includes(other)) faults.push(`${file} imports ${other}`);
      else if (!listed.includes(other)) faults.push(`${file} imports ${other}, which its package.json does not list`);
    } else if (specifier.startsWith(".")) {
      const inside = join(folder, "src") + "/";
      if (!join(file, "..", specifier).startsWith(inside)) faults.push(`${file} imports ${specifier}, out of its src`);
    }
  }
  return faults;
}

/** How a published package.json differs in shape from the model's (Event, the smallest). */
export function misshapen(manifest: Manifest, model: Manifest): string[] {
  const faults: string[] = [];
  const keys = Object.keys(manifest);
  // A package may have no dependencies (core) and may choose a platform by `imports` (core); all else is alike.
  const missing = Object.keys(model).filter((key) => key !== "dependencies" && !keys.includes(key));
  const extra = keys.filter((key) => key !== "imports" && !(key in model));
  if (missing.length > 0) faults.push(`${manifest.name} lacks ${missing.join(", ")}`);
  if (extra.length > 0) faults.push(`${manifest.name} has ${extra.join(", ")}, which no other package has`);
  const order = (of: string[]): string => of.filter((key) => keys.includes(key) && key in model).join(" ");
  if (order(keys) !== order(Object.keys(model))) faults.push(`${manifest.name} has its keys in another order`);
  const same = ["license", "type", "main", "module", "types", "files", "scripts", "engines", "publishConfig"];
  for (const key of same) {
    if (!isDeepStrictEqual(manifest[key], model[key])) faults.push(`${manifest.name} has another ${key}`);
  }
  for (const entry of [".", "./package.json"]) {
    const [mine, its] = [manifest.exports?.[entry], model.exports?.[entry]];
    // The order of conditions decides which one is found, so it counts.
    if (JSON.stringify(mine) !== JSON.stringify(its)) faults.push(`${manifest.name} exports "${entry}" otherwise`);
  }
  return faults;
}
