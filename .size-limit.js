import { readFileSync, readdirSync } from "node:fs";

/** What a package may weigh in a browser, compressed and with all it needs. A primitive that is not named gets `other`. */
const LIMITS = {
  core: "14.9 kB",
  thread: "38.3 kB",
  timer: "39.2 kB",
  condition: "12.4 kB",
  lock: "9.9 kB",
  barrier: "17.5 kB",
  threading: "45.8 kB",
  semaphore: "9.6 kB",
  other: "8.4 kB",
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
