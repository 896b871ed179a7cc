/** Tools, runtimes and packages, each installed on first use. */
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { installOffline, installPackages, pack } from "../runtimes/packed.ts";
import { type Id, IDS, prepare, type Runtime } from "../runtimes/runtimes.ts";
import type { Environment } from "./checks.ts";
import { type Installed, installTool, newFolder, type Tool } from "./tools.ts";

/** It cannot be installed: there is no network, or npm no longer has it. */
export class NotInstalled extends Error {}

interface Made extends Environment {
  /** Begins to install these tools, because npm mostly waits for the network. */
  installAhead(needs: readonly (Tool | Id)[]): void;
  /** @throws NotInstalled unless all of them are, or can be, installed */
  ready(needs: readonly (Tool | Id)[]): Promise<void>;
}

const INSTALLS_AT_ONCE = 4;

export function makeEnvironment(tell: (text: string) => void): Made {
  const packages = once(() => {
    tell("packing and installing the packages …");
    const folder = newFolder();
    installPackages(folder);
    return folder;
  });
  const newer = once(() => {
    tell("packing and installing a higher version of the packages …");
    return installNewer(packages());
  });
  const installed = new Map<Tool, Installed>();
  const install = kept(async (tool: Tool) => {
    installed.set(tool, await installTool(tool, tell));
  });
  const runtime = kept<Id, Runtime>((id) => prepare(id, tell));
  return {
    tool(tool) {
      const found = installed.get(tool);
      if (found === undefined) throw new Error(`a check that uses ${tool} must need it`);
      return found;
    },
    runtime,
    get packages() {
      return packages();
    },
    get newer() {
      return newer();
    },
    installInto: (folder, from = packages()) =>
      cpSync(join(from, "node_modules/@x"), join(folder, "node_modules/@x"), { recursive: true }),
    installAhead(needs) {
      const tools = [...new Set(needs)].filter((need) => !isId(need));
      const next = async (): Promise<void> => {
        for (let tool = tools.shift(); tool !== undefined; tool = tools.shift()) {
          // Each check that needs it asks again, and reports the failure.
          await install(tool).catch(() => undefined);
        }
      };
      for (let i = 0; i < INSTALLS_AT_ONCE; i++) void next();
    },
    async ready(needs) {
      for (const need of needs) {
        try {
          if (isId(need)) runtime(need);
          else await install(need);
        } catch (error) {
          throw new NotInstalled(`${need} could not be installed: ${(error as Error).message}`);
        }
      }
    },
  };
}

function isId(need: Tool | Id): need is Id {
  return (IDS as readonly string[]).includes(need);
}

const HIGHER = "0.0.99";

/** A second copy of the packages, with the version of a later release. */
function installNewer(from: string): string {
  const folder = newFolder();
  const scope = join(from, "node_modules/@x");
  const sources = readdirSync(scope).map((name) => {
    const source = join(folder, "sources", name);
    mkdirSync(source, { recursive: true });
    cpSync(join(scope, name), source, { recursive: true });
    const file = join(source, "package.json");
    const manifest = JSON.parse(readFileSync(file, "utf8")) as { dependencies?: Record<string, string> };
    const dependencies = Object.fromEntries(Object.keys(manifest.dependencies ?? {}).map((name) => [name, HIGHER]));
    writeFileSync(file, JSON.stringify({ ...manifest, version: HIGHER, dependencies }));
    return source;
  });
  installOffline(folder, pack(sources, folder));
  return folder;
}

/** A failed installation fails again at once, with the same error. */
function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | { readonly error: unknown } | undefined;
  return () => {
    if (made === undefined) {
      try {
        made = { value: make() };
      } catch (error) {
        made = { error };
      }
    }
    if ("error" in made) throw made.error;
    return made.value;
  };
}

function kept<K, T>(make: (key: K) => T): (key: K) => T {
  const all = new Map<K, () => T>();
  return (key) => {
    if (!all.has(key)) all.set(key, once(() => make(key))); // prettier-ignore
    return all.get(key)!();
  };
}
