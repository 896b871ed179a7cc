/** Main may have loaded a module, and a thread fails to import it: the reasons and the cures. */
import { describe } from "@x/core";

/** The cure to append to an error's message; empty if none is known. */
export function importCure(url: string, error: unknown): string {
  const text = textOf(error);
  if (isAboutTests(url, text)) {
    return "; a test file cannot be imported without its test runner: move what is exposed to a module of its own";
  }
  if (/\bERR_UNKNOWN_FILE_EXTENSION\b/.test(text)) {
    return TYPESCRIPT.test(url)
      ? "; threads import modules as the runtime itself does: run the program by tsx, or with Node 22.18 or later"
      : "; threads import modules as the runtime itself does: move what is exposed to a module that it can read, or build it";
  }
  if (/Cannot use import statement outside a module|Unexpected token 'export'/.test(text)) {
    return `; Node takes the file for CommonJS: write "type": "module" in its package.json, or name it .mjs or .mts`;
  }
  return "";
}

/**
 * Tests of `node:test` need no runner. So a thread can import their file. It would run the tests, and
 * the tests would start threads again.
 */
export function definesTests(name: string, url: string | undefined): string {
  return (
    `thread: ${name} could not import ${url}: it defines tests, which would run in each thread that imports it; ` +
    `put them behind "if (isMainThread)", or move what is exposed to a module of its own`
  );
}

const TYPESCRIPT = /\.[cm]?tsx?(?:$|\?)/;

/**
 * True if the name belongs to a test file, if a global of test runners is missing, or if the error
 * comes from a test runner.
 */
function isAboutTests(url: string, text: string): boolean {
  return (
    /[._-](?:test|spec)\.[cm]?[jt]sx?(?:$|\?)|\/__tests__\//.test(url) ||
    /\b(?:describe|suite|test|it|expect|jest|vi|(?:before|after)(?:Each|All)?|assert) is not defined/.test(text) ||
    /node_modules[\\/](?:@?vitest|@?jest|mocha)\b|\bVitest failed\b/.test(text)
  );
}

/** The whole text of an error of any kind. */
function textOf(error: unknown): string {
  try {
    const { code, message, stack } = error as Readonly<Record<string, unknown>>;
    return [code, message, stack].map(String).join("\n");
  } catch {
    return describe(error);
  }
}
