import { execFileSync } from "node:child_process";
import { basename, dirname } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

/**
 * Builds the packages first, because tests import them built. Under turbo (it sets TURBO_HASH) they
 * are built already.
 */
export default function freshBuild(): void {
  if (process.env["TURBO_HASH"] !== undefined) return;
  const here = process.cwd();
  const what = here === ROOT ? "./packages/*" : `@x/${basename(here)}`;
  execFileSync("npm", ["run", "--silent", "build", "--", `--filter=${what}`, "--output-logs=errors-only"], {
    cwd: ROOT,
    stdio: ["ignore", "ignore", "inherit"],
  });
}
