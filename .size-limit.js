import { readFileSync, readdirSync } from "node:fs";

/** What a package may weigh in a browser, compressed and with all it needs. A primitive that is not named gets `other`. */
const LIMITS = {
  core: "12.6 kB",
  thread: "19 kB",
  timer: "17.7 kB",
  condition: "10.7 kB",
  lock: "8.4 kB",
  barrier: "11.8 kB",
  threading: "25.9 kB",
  semaphore: "8.2 kB",
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
