import { readFileSync, readdirSync } from "node:fs";

/** What a package may weigh in a browser, compressed and with all it needs. A primitive that is not named gets `other`. */
const LIMITS = {
  core: "17.3 kB",
  thread: "36 kB",
  timer: "37 kB",
  condition: "12.2 kB",
  lock: "9.8 kB",
  barrier: "16.2 kB",
  threading: "43 kB",
  semaphore: "9.5 kB",
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
