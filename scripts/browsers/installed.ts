/** The browsers: where they are, and how they come there. */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { BROWSER_NAMES, type BrowserId } from "../runtimes/pages.ts";

interface Place {
  /** The variable of the environment with the path of another one. */
  readonly variable: string;
  /** Debian's package. */
  readonly debian: string;
  readonly paths: readonly string[];
}

const PLACES: Readonly<Record<BrowserId, Place>> = {
  chromium: {
    ...{ variable: "CHROMIUM", debian: "chromium" },
    paths: ["/usr/bin/chromium", "/usr/bin/google-chrome-stable"],
  },
  firefox: {
    ...{ variable: "FIREFOX", debian: "firefox-esr" },
    paths: ["/usr/bin/firefox-esr", "/usr/bin/firefox"],
  },
};

/** Milliseconds for `apt-get`: the two browsers are 200 MB. */
const INSTALL_MS = 600_000;

/** The path of the browser's binary; undefined if it is not installed. */
function pathOf(id: BrowserId): string | undefined {
  const { variable, paths } = PLACES[id];
  const chosen = process.env[variable];
  if (chosen === undefined) return paths.find((path) => existsSync(path));
  if (existsSync(chosen)) return chosen;
  throw new Error(`test:browsers: ${variable} is ${chosen}, and there is no such file; set it to the browser's binary`);
}

/**
 * Returns the paths of the browsers' binaries. As root on Debian it installs the browsers that are
 * missing.
 *
 * @throws if a browser is missing and cannot be installed; the error names the commands
 */
export function install<Id extends BrowserId>(
  ids: readonly Id[],
  tell: (text: string) => void,
): Readonly<Record<Id, string>> {
  const absent = ids.filter((id) => pathOf(id) === undefined);
  const missing = absent.map((id) => PLACES[id]);
  if (missing.length > 0) {
    const names = absent.map((id) => BROWSER_NAMES[id]).join(" and ");
    const packages = missing.map(({ debian }) => debian);
    if (process.getuid?.() !== 0 || !existsSync("/usr/bin/apt-get")) {
      const variables = missing.map(({ variable }) => variable).join(" and ");
      throw new Error(
        `test:browsers: there is no ${names} here; as root on Debian, apt-get install ${packages.join(" ")}; ` +
          `elsewhere install it and set ${variables} to the path of the binary`,
      );
    }
    tell(`installing ${packages.join(" and ")} …`);
    const how = {
      ...{ stdio: ["ignore", "ignore", "inherit"] as "inherit"[], timeout: INSTALL_MS },
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
    };
    execFileSync("apt-get", ["update", "-qq"], how);
    execFileSync("apt-get", ["install", "-y", "-qq", "--no-install-recommends", ...packages], how);
  }
  return Object.fromEntries(ids.map((id) => [id, pathOf(id)])) as Record<Id, string>;
}
