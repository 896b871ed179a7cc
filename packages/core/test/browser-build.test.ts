/** The build for browsers: core with a single row of platforms, and without WebAssembly memory. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const BUILD = fileURLToPath(new URL("../dist/browser/internal.js", import.meta.url));

it("the build for browsers has the names of the other build", async () => {
  const [all, browser] = await Promise.all([import("@x/core/internal"), import(BUILD) as Promise<object>]);
  expect(Object.keys(browser)).toEqual(Object.keys(all));
});

it("the build for browsers has no code for Node, and no WebAssembly", () => {
  const text = readFileSync(BUILD, "utf8");
  for (const left of ["node:worker_threads", "WebAssembly.Module"]) expect(text).not.toContain(left);
  const other = readFileSync(BUILD.replace("browser", "."), "utf8");
  for (const held of ["node:worker_threads", "WebAssembly.Module"]) expect(other).toContain(held);
});
