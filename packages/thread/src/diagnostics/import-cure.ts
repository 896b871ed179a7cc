/** Why a thread may be unable to import a module that another one has loaded, and what to do about it. */
import { describe } from "@x/core";

/** What follows an error's message: a cure, or nothing. */
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
  return "";
}

/** Tests of `node:test` need no runner, so their file can be imported: and they begin to run, in each thread, and start threads. */
export function definesTests(name: string, url: string | undefined): string {
  return (
    `thread: ${name} could not import ${url}: it defines tests, which would run in each thread that imports it; ` +
    `put them behind "if (isMainThread)", or move what is exposed to a module of its own`
  );
}

const TYPESCRIPT = /\.[cm]?tsx?(?:$|\?)/;

/** A name that test runners look for, a global that only they have, or an error of theirs. */
function isAboutTests(url: string, text: string): boolean {
  return (
    /[._-](?:test|spec)\.[cm]?[jt]sx?(?:$|\?)|\/__tests__\//.test(url) ||
    /\b(?:describe|suite|test|it|expect|jest|vi|(?:before|after)(?:Each|All)?|assert) is not defined/.test(text) ||
    /node_modules[\\/](?:@?vitest|@?jest|mocha)\b/.test(text)
  );
}

/** All that the error says, whatever it is. */
function textOf(error: unknown): string {
  try {
    const { code, message, stack } = error as Readonly<Record<string, unknown>>;
    return [code, message, stack].map(String).join("\n");
  } catch {
    return describe(error);
  }
}
