/** The published packages as a user installs them: from their tarballs, without a network. */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { readPackages, ROOT } from "../packages.ts";

const LIMIT_MS = 120_000;

/**
 * Packs the folders into `into`. Returns the dependencies for a manifest there: `"@x/lock":
 * "file:./x-lock-0.0.0.tgz"`.
 */
export function pack(folders: readonly string[], into: string): Readonly<Record<string, string>> {
  const packed = JSON.parse(
    execFileSync("npm", ["pack", "--json", "--silent", "--pack-destination", into, ...folders], {
      ...{ cwd: ROOT, encoding: "utf8", timeout: LIMIT_MS },
    }),
  ) as { name: string; filename: string }[];
  return Object.fromEntries(packed.map(({ name, filename }) => [name, `file:./${filename}`]));
}

/**
 * Packs all published packages into the folder, and installs them there. Returns the dependencies
 * for a manifest there.
 */
export function installPackages(folder: string): Readonly<Record<string, string>> {
  const published = readPackages().filter(({ manifest }) => manifest.private !== true);
  const packed = pack(
    published.map(({ folder }) => `./${folder}`),
    folder,
  );
  installOffline(folder, packed);
  return packed;
}

export function installOffline(folder: string, dependencies: Readonly<Record<string, string>>): void {
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, dependencies }, null, 2));
  execFileSync("npm", ["install", "--offline", "--no-audit", "--no-fund", "--silent"], {
    ...{ cwd: folder, stdio: "ignore", timeout: LIMIT_MS },
  });
}
