/**
 * Tests that cannot pass in a page, each with the reason. If such a test passes, the run fails: its
 * line is stale.
 */
import type { Limit } from "../runtimes/verdicts.ts";
import { BROWSER_IDS, type BrowserId } from "../runtimes/pages.ts";

export const TEST_LIMITS: readonly Limit<BrowserId>[] = [
  {
    on: BROWSER_IDS,
    name: / > the process > |ESM and CommonJS copies|is one class for ESM and CommonJS|where blocking is forbidden|keeps the process alive|nativeId of the main thread is known at once|works before the first thread is started|the signal for a report|is on from the beginning if the environment|breaks no wait$|ran out of memory|methods of Buffer and without them|a module exposes itself by its path|returns 1 in the main thread of a process|in a thread that may not block throws a ThreadError with the cure|works where code from text is forbidden|needs @x\/shared: the error/,
    why: "The test runs a process of Node.",
  },
  {
    on: BROWSER_IDS,
    name: /is the output of console\.log, and shows the place|JSON of a primitive is its text|inspect prints the same as toString|prints as its toString, and has a label|a SharedObject > is shown with its fields|a struct > is shown with its fields/,
    why: "The test asks Node's util for what console.log prints.",
  },
  {
    on: ["chromium"],
    name: /because a port has moved meanwhile/,
    why: "Chromium empties the buffers of a list before it finds that a port of the list has moved already.",
  },
  {
    on: BROWSER_IDS,
    name: /exportRefOf returns the module and name|loads the modules that unpack needs|rejects if the module does not expose the name/,
    why: "The test imports a module of exposed functions. In a bundle that is the file of the test itself.",
  },
  {
    on: BROWSER_IDS,
    name: /process\.exit|\(exits\) goes to|throws the same in other threads|rejects for tasks as well|messages that reach the supervisor after the death/,
    why: "A thread of the test ends by process.exit(). The stress run ends threads by close().",
  },
  {
    on: BROWSER_IDS,
    name: /B113: |B116, S68: |B117: |B119: |S68: shared memory and getIdent do not|S68: a foreign thread may join|B011, S68: a foreign worker/,
    why: "A foreign Web Worker is no thread, and starts none; the test makes one by Node's module.",
  },
  {
    on: BROWSER_IDS,
    name: /B114, B216: |B214, B215: /,
    why: "A page cannot choose the size of a stack; see docs/browser.md.",
  },
  {
    on: BROWSER_IDS,
    name: /in a program that has started no thread/,
    why: "In a page the tests themselves run in a thread.",
  },
  {
    on: BROWSER_IDS,
    name: /B137: the program's first thread|throws in the main thread, and names|each thread has its own current thread/,
    why: "The test is about the main thread. In a page the tests run in another one.",
  },
  {
    on: BROWSER_IDS,
    name: /a failed import > (?!leaves)/,
    why: "A thread of a page imports nothing: all that it runs is in one file. test/bundlers tries files that cannot be loaded.",
  },
  {
    on: BROWSER_IDS,
    name: /B191, S63: /,
    why: "The error holds shared memory, and comes by the page. It cannot reach a thread that blocks; see docs/browser.md.",
  },
  {
    on: BROWSER_IDS,
    name: /keep class, message, and both stacks|shows, in a deadlock, each waiter/,
    why: "The test looks for the names of its files in a stack; here they are in a bundle.",
  },
  {
    on: BROWSER_IDS,
    name: /a Buffer as a Uint8Array|objects? of another realm|containers of other realms|isPromise > is true for a promise|shared memory of another realm|main sees a mark of a worker|causes no warning of a leak|expose accepts import\.meta|a runtime that formats stacks by its own rules/,
    why: "The test uses Node's vm, process, Buffer or paths of files.",
  },
  {
    on: BROWSER_IDS,
    name: /hasDied is true for each ident|without a death monitor, the thread reads the death count|are rechecked after each death if there is no supervisor|are rechecked if a thread died between the first check/,
    why: "A Web Worker of the user's has no memory of deaths: the page gives it to threads alone.",
  },
  {
    on: BROWSER_IDS,
    name: /a part that is not bytes > is a proxy|refuse 100 random values/,
    why: "No page can tell a proxy from its target, so it travels as a copy of what it shows.",
  },
  {
    on: BROWSER_IDS,
    name: /arrive in a thread that has not loaded their module|errors > of the platform keep name and message|a StructArray > says what it is/,
    why: "The test expects the name of a class that the bundler changes, or Node's text of an AbortError.",
  },
  {
    on: ["chromium"],
    name: /a list of a thousand links arrives/,
    why: "A worker of Chromium has half of Node's stack: the walk through a thousand links ends it.",
  },
  {
    on: ["firefox"],
    name: /shows awaited primitives, sleeping threads|a format that returns text is used|a report uses the engine's stack/,
    why: "The test expects stacks in V8's format, or V8's Error.prepareStackTrace.",
  },
  {
    on: ["firefox"],
    name: /errors > (have no new fields|of classes without a name of text)/,
    why: "Firefox's errors have their place in fields of their own: fileName, lineNumber, columnNumber.",
  },
  {
    on: ["firefox"],
    name: /errors > arrive (without a stack if they have none|even if a field throws or the stack is not text)/,
    why: "A stack of Firefox cannot be deleted: an error without one shows the place where it was made anew.",
  },
  {
    on: ["firefox"],
    name: /throws on an assignment to an outer variable|throws with the reason that it lost its object/,
    why: "The cure follows V8's text of the engine's error; Firefox's text names neither the variable nor the object.",
  },
  {
    on: ["firefox"],
    name: /B180: |throws the RangeError of a stack overflow|throw a RangeError for a value that is nested too deep/,
    why: "Firefox throws an InternalError at the end of the stack, and not a RangeError.",
  },
];
