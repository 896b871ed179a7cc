import { execFileSync } from "node:child_process";
import { basename, dirname } from "node:path";
import { fileURLToPath } from "node:url";

/** Tests import the built packages, so build them first; under turbo (which sets TURBO_HASH) that is done already. */
export default function freshBuild(): void {
    if (process.env["TURBO_HASH"] !== undefined) return;
    const root = dirname(dirname(fileURLToPath(import.meta.url)));
    const here = basename(process.cwd());
    execFileSync("npm", ["run", "--silent", "build", "--", `--filter=@x/${here}`, "--output-logs=errors-only"], {
        cwd: root,
        stdio: ["ignore", "ignore", "inherit"],
    });
}
