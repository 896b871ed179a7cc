import { readFileSync, readdirSync } from "node:fs";

/** What a package may weigh in a browser, compressed and with all it needs. A primitive that is not named gets `other`. */
const LIMITS = {
  core: "11.5 kB",
  thread: "18 kB",
  timer: "16.8 kB",
  condition: "10.2 kB",
  lock: "8 kB",
  barrier: "10.8 kB",
  threading: "24.6 kB",
  semaphore: "7.9 kB",
  other: "7.3 kB",
};

const packages = readdirSync("packages").filter(
  (name) => JSON.parse(readFileSync(`packages/${name}/package.json`, "utf8")).private !== true,
);

export default packages.map((name) => ({
  name: `@x/${name}`,
  path: `packages/${name}/dist/index.js`,
  limit: LIMITS[name] ?? LIMITS.other,
  modifyEsbuildConfig: (config) => ({ ...config, format: "esm" }),
}));
