import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { compared, marksOf } from "../scripts/consumers/types.ts";
import { readPackages, ROOT } from "./packages.ts";
import { run } from "./run.ts";

/** The packages from a stranger's view: packed, and installed into an empty project without a network. */
const published = readPackages().filter(({ manifest }) => manifest.private !== true);
const names = published.map(({ manifest }) => manifest.name);

let project: string;

const write = (file: string, text: string): void => writeFileSync(join(project, file), text);

function runText(file: string, text: string): string {
  write(file, text);
  return run(project, process.execPath, file);
}

beforeAll(() => {
  // The folder's name is hard to put into a URL, and the packages' own addresses must survive it.
  project = mkdtempSync(join(tmpdir(), "consumer #1 100% "));
  const folders = published.map(({ folder }) => `./${folder}`);
  const packed = JSON.parse(
    run(ROOT, "npm", "pack", "--json", "--silent", "--pack-destination", project, ...folders),
  ) as { name: string; filename: string }[];
  const dependencies = Object.fromEntries(packed.map(({ name, filename }) => [name, `file:./${filename}`]));
  write("package.json", JSON.stringify({ private: true, dependencies }));
  run(project, "npm", "install", "--offline", "--no-audit", "--no-fund");
});

afterAll(() => rmSync(project, { recursive: true }));

describe.each(names)("%s", (name) => {
  const imported = `import * as all from "${name}"; console.log(Object.keys(all).sort().join());`;
  const required = (from: string): string => `console.log(Object.keys(require("${from}")).sort().join());`;

  it("has the same exports by import, by require, and in its CommonJS build", () => {
    const exported = runText("main.mjs", imported);
    expect(exported).toMatch(/^\w+(,\w+)*\n$/);
    expect(runText("main.cjs", required(name)).replace("__esModule,", "")).toBe(exported);
    expect(runText("main.cjs", required(`./node_modules/${name}/dist/index.cjs`))).toBe(exported);
  });

  it("exports each class under its own name", () => {
    const compare = `import * as all from "${name}";
      for (const [key, it] of Object.entries(all)) if (/^class\\b/.test(String(it)) && it.name !== key) console.log(key, it.name);`;
    expect(runText("names.mjs", compare)).toBe("");
  });

  it("has one copy, whether imported or required", () => {
    const compare = `import { createRequire } from "node:module";
      import * as all from "${name}";
      const required = createRequire(import.meta.url)("${name}");
      for (const key of Object.keys(all)) console.log(all[key] === required[key] ? "once" : key + " exists twice");`;
    expect(new Set(runText("both.mjs", compare).trim().split("\n"))).toEqual(new Set(["once"]));
  });
});

describe("types", () => {
  const tsc = (lib: string[], types: string[], texts: string[]): string => {
    for (const file of ["consumer.mts", "consumer.cts"]) write(file, texts.join("\n"));
    const compilerOptions = {
      ...{ noEmit: true, strict: true, skipLibCheck: false, target: "es2022", module: "nodenext" },
      ...{ lib: ["es2022", "esnext.disposable", ...lib], types, typeRoots: [join(ROOT, "node_modules/@types")] },
    };
    write("tsconfig.json", JSON.stringify({ compilerOptions, files: ["consumer.mts", "consumer.cts"] }));
    return run(project, process.execPath, join(ROOT, "node_modules/typescript/bin/tsc"), "-p", "tsconfig.json");
  };

  const all = names.map(
    (name, i) => `import * as all${i} from "${name}"; export const keys${i} = Object.keys(all${i});`,
  );

  it.each([
    ["without the DOM", [], ["node"]],
    ["without Node", ["dom"], []],
    ["without either", [], []],
    ["with both", ["dom"], ["node"]],
  ])("hold %s", (_, lib, types) => {
    expect(tsc(lib, types, all)).toBe("");
  });

  it("are checked: a wrong name is an error", () => {
    expect(() => tsc([], [], [`import { noSuchName } from "${names[0]}"; noSuchName();`])).toThrow(
      /consumer.cts.*TS2305/,
    );
  });
});

describe("the marks of expected compiler errors", () => {
  const program = {
    file: "refused.mts",
    text: ["fine();", "f(/*! is not a number */ x);", "g({ /*! >5.0: no such option */ y: 1 });"].join("\n"),
  };
  const first = "refused.mts(2,26): error TS2345: x is not a number.\n  It is a string.\n";
  const second = "refused.mts(3,33): error TS2353: There is no such option.\n";

  it("a mark is at the start of the code after it", () => {
    expect(marksOf(program, "5.9.3").map(({ place }) => place)).toEqual(["refused.mts(2,26)", "refused.mts(3,33)"]);
    expect(program.text.split("\n")[1]!.slice(25)).toBe("x);");
  });

  it("a mark may be for some compilers only", () => {
    expect(marksOf(program, "5.0.4")).toHaveLength(1);
    expect(compared(first, [program], "5.0.4")).toEqual({ state: "pass" });
  });

  it.each([
    ["one at each mark is right", first + second, "pass"],
    ["one that is missing is seen", first, "fail"],
    ["one elsewhere is seen", `${first}${second}refused.mts(1,1): error TS2304: Cannot find name 'fine'.\n`, "fail"],
    ["one in another place of the line is seen", first.replace("2,26", "2,1") + second, "fail"],
    ["one that says something else is seen", first.replace("a number", "known") + second, "fail"],
    ["one that is reported twice is seen", first + first + second, "fail"],
    ["one about the whole program is seen", `${first}${second}error TS5108: Option 'x' has been removed.\n`, "fail"],
  ])("%s", (_, output, state) => {
    expect(compared(output, [program], "5.9.3").state).toBe(state);
  });
});
