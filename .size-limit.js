import { readFileSync, readdirSync } from "node:fs";

/** What a package may weigh in a browser, compressed and with all it needs. A primitive that is not named gets `other`. */
const LIMITS = {
  core: "20.6 kB",
  thread: "36 kB",
  timer: "37 kB",
  condition: "15.6 kB",
  lock: "13.2 kB",
  barrier: "19.6 kB",
  threading: "43 kB",
  semaphore: "12.9 kB",
  other: "11.7 kB",
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
