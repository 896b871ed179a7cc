/// <reference types="node" />
/** The row of Deno: the row of Node, with the differences of Deno. */
import { node } from "./node.js";
import type { Platform } from "./platform.js";

interface Permission {
  readonly name: "env";
  readonly variable: string;
}

interface Deno {
  readonly permissions: { querySync(permission: Permission): { readonly state: string } };
}

export const deno: Platform = {
  ...node,
  isHere: () => "Deno" in globalThis && node.isHere(),
  name: "deno",
  cores: () => navigator.hardwareConcurrency, // Node's function needs a permission
  // Query the permission first: a read without it makes Deno ask the user, at a terminal.
  env: (variable) => (isAllowed(variable) ? node.env(variable) : undefined),
};

function isAllowed(variable: string): boolean {
  const { permissions } = (globalThis as unknown as { Deno: Deno }).Deno;
  return permissions.querySync({ name: "env", variable }).state === "granted";
}
