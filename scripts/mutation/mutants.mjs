/** The mutants of a source file, and the list of survivors with their reasons. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Instrumenter } from "@stryker-mutator/instrumenter";
import ts from "typescript";

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

export const LIST = "docs/survivors.json";

/**
 * A change of one place. It is known by what stands there rather than by the number of the line, which changes with every edit above.
 *
 * @typedef {{
 *   file: string, in: string, line: string, mutation: string,
 *   start: number, end: number, replacement: string, mutator: string,
 * }} Mutant
 */

/**
 * Some changes of one line that no test can notice, and why they do not matter.
 *
 * @typedef {{ file: string, in: string, line: string, mutations: string[], why: string }} Explanation
 */

const silent = {
  ...{ isTraceEnabled: () => false, isDebugEnabled: () => false, isInfoEnabled: () => false },
  ...{ isWarnEnabled: () => false, isErrorEnabled: () => false, isFatalEnabled: () => false },
  ...{ trace() {}, debug() {}, info() {}, warn() {}, error() {}, fatal() {} },
};

/** The tests check what matters of an error's text; the other words may change. */
const messagesOfErrors = {
  /** @param {any} path of a node, by Babel */
  shouldIgnore: (path) =>
    path.isNewExpression() && /Error$/.test(path.node.callee.name ?? "") ? "what an error says" : undefined,
};

/** `at + STATE`, where STATE is the first word of a primitive: `at - STATE` is the same. */
const noughtAdded = {
  /** @param {any} path of a node, by Babel */
  shouldIgnore: (path) => {
    const { type, operator, right } = path.node;
    if (type !== "BinaryExpression" || !["+", "-"].includes(operator) || right.type !== "Identifier") return undefined;
    const { constant, path: declared } = path.scope.getBinding(right.name) ?? {};
    return constant && declared.node.init?.value === 0 ? "nought is added" : undefined;
  },
};

/** Longer code is abbreviated in the middle. */
const LONGEST = 90;

/** @param {string} code */
function inOneLine(code) {
  const text = code.trim().replace(/\s+/g, " ");
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST / 2)} … ${text.slice(-LONGEST / 2)}`;
}

/**
 * @param {ts.SourceFile} source
 * @param {number} position
 * @returns {string} the names of the classes and functions around it: `Lock.acquire`
 */
function around(source, position) {
  /** @type {string[]} */
  const names = [];
  /** @param {ts.Node} node */
  const visit = (node) => {
    if (position < node.getStart(source) || position >= node.end) return;
    const isNamed =
      ts.isClassDeclaration(node) ||
      ts.isFunctionDeclaration(node) ||
      ts.isVariableDeclaration(node) ||
      ts.isClassElement(node);
    if (isNamed) names.push(ts.isConstructorDeclaration(node) ? "constructor" : (node.name?.getText(source) ?? ""));
    ts.forEachChild(node, visit);
  };
  visit(source);
  return names.filter(Boolean).join(".");
}

/**
 * @param {string} file from the root of the repository
 * @param {string} [text] what it says
 * @returns {Promise<Mutant[]>} all changes of it
 */
export async function mutantsOf(file, text = readFileSync(join(ROOT, file), "utf8")) {
  const instrumenter = new Instrumenter(silent);
  const { mutants } = await instrumenter.instrument([{ name: file, content: text, mutate: true }], {
    plugins: null,
    excludedMutations: [],
    ignorers: [messagesOfErrors, noughtAdded],
  });
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest);
  const at = (/** @type {{ line: number, column: number }} */ { line, column }) =>
    source.getPositionOfLineAndCharacter(line, column);
  /** @type {Map<string, number>} */
  const times = new Map();
  /** The second of two equal places in a line gets the number 2. */
  const numbered = (/** @type {Mutant} */ mutant) => {
    const time = (times.get(keyOf(mutant)) ?? 0) + 1;
    times.set(keyOf(mutant), time);
    return time === 1 ? mutant : { ...mutant, mutation: `${mutant.mutation} (${time})` };
  };
  return mutants
    .filter(({ status }) => status !== "Ignored")
    .map(({ location, replacement = "", mutatorName }) => {
      const [start, end] = [at(location.start), at(location.end)];
      return {
        file,
        in: around(source, start),
        line: (text.split("\n")[location.start.line] ?? "").trim(),
        mutation: `${inOneLine(text.slice(start, end))} → ${inOneLine(replacement)}`,
        ...{ start, end, replacement, mutator: mutatorName },
      };
    })
    .map(numbered);
}

/**
 * @param {string} text
 * @param {Mutant} mutant
 * @returns {string} `text`, changed
 */
export function mutated(text, { start, end, replacement }) {
  return text.slice(0, start) + replacement + text.slice(end);
}

/** @param {{ file: string, in: string, line: string, mutation: string }} place */
export function keyOf({ file, in: where, line, mutation }) {
  return JSON.stringify([file, where, line, mutation]);
}

/** @returns {Explanation[]} */
export function readList() {
  return JSON.parse(readFileSync(join(ROOT, LIST), "utf8"));
}

/**
 * @param {readonly Explanation[]} list
 * @returns {Map<string, string>} why, by the keys of the mutants
 */
export function explained(list) {
  return new Map(
    list.flatMap(({ mutations, why, ...place }) =>
      mutations.map((mutation) => /** @type {[string, string]} */ ([keyOf({ ...place, mutation }), why])),
    ),
  );
}

/**
 * @param {readonly Explanation[]} list
 * @returns {Promise<string[]>} the keys of what stands in the list and no longer in the sources
 */
export async function staleOf(list) {
  const files = [...new Set(list.map(({ file }) => file))];
  const mutants = (await Promise.all(files.map((file) => mutantsOf(file)))).flat();
  const known = new Set(mutants.map(keyOf));
  return [...explained(list).keys()].filter((key) => !known.has(key));
}
