/**
 * Tests that cannot pass in a page, each with the reason. If such a test passes, the run fails: its
 * line is stale.
 */
import type { Limit } from "../runtimes/verdicts.ts";
import { BROWSER_IDS, type BrowserId } from "./installed.ts";

export const TEST_LIMITS: readonly Limit<BrowserId>[] = [
  {
    on: BROWSER_IDS,
    name: / > the process > |ESM and CommonJS copies|is one class for ESM and CommonJS|where blocking is forbidden|keeps the process alive/,
    sees: "a page starts no process",
    why: "The test runs a process of Node.",
  },
  {
    on: BROWSER_IDS,
    name: /is the output of console\.log, and shows the place|JSON of a primitive is its text/,
    why: "The test asks Node's util for what console.log prints.",
  },
  {
    on: ["firefox"],
    name: /structuredClone and postMessage refuse a primitive, and name the cure/,
    why: "Firefox's DataCloneError shows nothing of the value, so it cannot show the cure.",
  },
  {
    on: BROWSER_IDS,
    name: /travels by name if it is exposed, and with its fields if it is of an exposed class/,
    why: "The test lets a thread import the module of an action. In a bundle that is the file of the test itself.",
  },
  {
    on: ["firefox"],
    name: /at the same moment as a notify loses no notify/,
    why: "The test expects that a wait of a chosen length sometimes ends by its timeout and sometimes not, which the load of the machine decides.",
    sometimes: true,
  },
];
