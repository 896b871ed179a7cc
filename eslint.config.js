import { builtinModules } from "node:module";
import eslint from "@eslint/js";
import { defineConfig, globalIgnores } from "eslint/config";
import tseslint from "typescript-eslint";

/** The published packages: what they may say is narrower than what tests, scripts and apps may say. */
const SOURCES = ["packages/*/src/**/*.ts"];
const TESTKIT = "packages/testkit/**";
/** The one room that sleeps and wakes. */
const WAIT = "packages/core/src/wait/*.ts";
/** The places that know which runtime this is. */
const PLATFORMS = ["packages/core/src/platform/**", "packages/thread/src/platform/**"];

const sleepsElsewhere =
  "Only packages/core/src/wait sleeps and wakes. Use block(), suspend() and wake() of @x/core instead.";
const platformElsewhere =
  "Only src/platform of @x/core and @x/thread knows the runtime. Add what you need to a table there and use it from that.";

const SLEEPING = ["wait", "waitAsync", "notify"];
const PLATFORM_GLOBALS = [
  ...["process", "Buffer", "global", "require", "module", "exports", "__dirname", "__filename", "Deno", "Bun"],
  ...["navigator", "document", "window", "self", "Worker", "SharedWorker"],
  ...["setTimeout", "setInterval", "setImmediate", "clearTimeout", "clearInterval", "clearImmediate"],
];
const oneOf = (names) => `/^(${names.join("|")})$/`;

const noSleeping = {
  properties: SLEEPING.map((property) => ({ object: "Atomics", property, message: sleepsElsewhere })),
  syntax: [
    {
      selector: `MemberExpression[property.name=${oneOf(SLEEPING)}][object.property.name="Atomics"]`,
      message: sleepsElsewhere,
    },
  ],
};

const noPlatform = {
  globals: PLATFORM_GLOBALS.map((name) => ({ name, message: platformElsewhere })),
  properties: PLATFORM_GLOBALS.map((property) => ({ object: "globalThis", property, message: platformElsewhere })),
  syntax: [
    {
      selector: `MemberExpression[property.name=${oneOf(PLATFORM_GLOBALS)}] > TSAsExpression Identifier[name="globalThis"]`,
      message: platformElsewhere,
    },
    { selector: "ImportExpression[source.value=/^node:/]", message: platformElsewhere },
  ],
  imports: [{ regex: `^(node:.*|(${builtinModules.join("|")}))$`, message: platformElsewhere }],
};

const noDefaultExport = [
  { selector: "ExportDefaultDeclaration", message: "Name what you export; nothing here has a default export." },
  { selector: 'ExportSpecifier[exported.name="default"]', message: "Name what you export; nothing here is `default`." },
];

/** A forgotten import of one of ours would silently be what the DOM has under the same name. */
const domNamesakes = ["Event", "Lock"].map((name) => ({
  name,
  message: `This is the DOM's ${name}. Import ours from @x/${name.toLowerCase()}.`,
}));

const noDeepImport = {
  regex: "^@x/[^/]+/(src|dist|test)(/|$)",
  message: "Import a package by its name; what its index does not export is nobody's business.",
};

/** The rules of this repository for some files. */
function repoRules(files, ignores, { sleeping = [], platform = [] } = {}) {
  const rules = [...[sleeping].flat(), ...[platform].flat()];
  return {
    files,
    ignores,
    rules: {
      "no-restricted-globals": ["error", ...domNamesakes, ...rules.flatMap((rule) => rule.globals ?? [])],
      "no-restricted-properties": ["error", ...rules.flatMap((rule) => rule.properties ?? [])],
      "no-restricted-syntax": ["error", ...noDefaultExport, ...rules.flatMap((rule) => rule.syntax ?? [])],
      "no-restricted-imports": ["error", { patterns: [noDeepImport, ...rules.flatMap((rule) => rule.imports ?? [])] }],
    },
  };
}

export default defineConfig(
  globalIgnores(["**/dist/", "**/.turbo/", "**/coverage/", ".results/", "scripts/consumers/projects/"]),
  eslint.configs.recommended,
  {
    files: ["**/*.ts"],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/no-misused-promises": "error",
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
      // An async function without await turns a throw into a rejection, which is often the point.
      "@typescript-eslint/require-await": "off",
    },
  },
  {
    // The configs of the packages belong to no package's tsconfig; the root's checks their types.
    files: ["**/*.js", "**/*.mjs", "**/*.cjs", "packages/*/*.config.ts", "apps/*/*.config.ts"],
    extends: [tseslint.configs.disableTypeChecked],
    rules: { "no-undef": "off" },
  },
  {
    // Tests hand over wrong values on purpose, and look into what they get.
    files: ["test/**/*.ts", "packages/*/test/**/*.ts", "packages/testkit/src/**/*.ts"],
    rules: {
      "no-restricted-imports": ["error", { patterns: [noDeepImport] }],
      "@typescript-eslint/no-unsafe-argument": "off",
      "@typescript-eslint/no-unsafe-assignment": "off",
      "@typescript-eslint/no-unsafe-call": "off",
      "@typescript-eslint/no-unsafe-member-access": "off",
      "@typescript-eslint/no-unsafe-return": "off",
      "@typescript-eslint/unbound-method": "off",
    },
  },
  repoRules(SOURCES, [TESTKIT, WAIT, ...PLATFORMS], { sleeping: noSleeping, platform: noPlatform }),
  repoRules([WAIT], [], { platform: noPlatform }),
  repoRules(PLATFORMS, [], { sleeping: noSleeping }),
);
