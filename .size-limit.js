import { readFileSync, readdirSync } from "node:fs";

/** What a package may weigh in a browser, compressed and with all it needs. A primitive that is not named gets `other`. */
const LIMITS = {
  core: "16.9 kB",
  thread: "56.1 kB",
  timer: "57.2 kB",
  condition: "11.5 kB",
  lock: "9 kB",
  barrier: "16.5 kB",
  threading: "103.2 kB",
  semaphore: "8.7 kB",
  shared: "33.2 kB",
  queue: "28.8 kB",
  executor: "85.5 kB",
  other: "7.5 kB",
};

/**
 * What a program with one class may weigh: in Node, and in a bundle for browsers. docs/size.md says what each promise weighs. The goals
 * are 6.4, 5.2 and 6.4 kB, and 5.6, 4.4 and 5.6 kB for browsers; the limits say what is true.
 */
const CLASSES = {
  Lock: { of: "lock", limit: "9.7 kB", inBrowsers: "8.7 kB" },
  Event: { of: "event", limit: "8.5 kB", inBrowsers: "7.5 kB" },
  Semaphore: { of: "semaphore", limit: "9.7 kB", inBrowsers: "8.7 kB" },
};

const packages = readdirSync("packages").filter(
  (name) => JSON.parse(readFileSync(`packages/${name}/package.json`, "utf8")).private !== true,
);

const esm = (config) => ({ ...config, format: "esm" });

/** Bundlers for browsers pass this condition. */
const forBrowsers = (config) => ({ ...esm(config), conditions: ["browser", "import"] });

export default [
  ...packages.map((name) => ({
    name: `@x/${name}`,
    path: `packages/${name}/dist/index.js`,
    limit: LIMITS[name] ?? LIMITS.other,
    modifyEsbuildConfig: esm,
  })),
  ...Object.entries(CLASSES).flatMap(([name, { of, limit, inBrowsers }]) => {
    const check = { path: `packages/${of}/dist/index.js`, import: `{ ${name} }` };
    return [
      {
        ...check,
        name: `${name} alone`,
        limit,
        modifyEsbuildConfig: (config) => ({ ...esm(config), conditions: ["import"], platform: "neutral" }),
      },
      { ...check, name: `${name} alone, in browsers`, limit: inBrowsers, modifyEsbuildConfig: forBrowsers },
    ];
  }),
];
