/**
 * Tests expected to fail on a runtime, each with the reason. If such a test passes, the run fails:
 * its line is stale.
 */
import { IDS } from "./runtimes.ts";
import type { Limit } from "./verdicts.ts";

export const TEST_LIMITS: readonly Limit[] = [
  {
    on: ["deno", "bun"],
    name: /B114, B216: |B214, B215: /,
    why: "stackSize is refused there; see docs/runtimes.md.",
  },
  {
    on: ["deno", "bun"],
    name: /ESM and CommonJS copies in one process share one primitive|is one class for ESM and CommonJS/,
    why: "The test loads the CommonJS build beside the other one by a path, for which the runtime gives one copy, or none.",
  },
  {
    on: ["bun"],
    name: /a SharedValue > keeps a lock inside it as a reference|a SharedMap > holds primitives as references|a SharedObject > (has the fields of its class|has one balance|made by one thread|of a subclass|loses a field|comes back|keeps its own lock|refuses (what cannot travel|fields)|is shown)/,
    why: "On Bun primitives lie in no memory of the program, because its Atomics are as fast as WebAssembly. So values find primitives by way of @x/thread, which these tests do not load.",
  },
  {
    on: IDS,
    name: /dumpThreads > shows, in a deadlock, each waiter/,
    why: "The test looks for the name of its TypeScript file in a stack; here it runs as JavaScript.",
  },
  {
    on: IDS.filter((id) => id !== "deno"),
    name: /errors > keep class, message, and both stacks/,
    why: "The test looks for the name of its TypeScript file in a stack; here it runs as JavaScript.",
  },
  {
    on: ["deno"],
    name: /S68: shared memory and getIdent do not list a foreign thread/,
    why: "The test waits for the threadId of a worker that has ended to become -1, which Deno does not change.",
  },
  {
    on: ["deno"],
    name: /S32: the notify of a terminated thread goes to the next/,
    why: "The test ends bare workers, and Deno's terminate ends no blocked worker: it stays in its wait, and takes the notify. Threads of ours leave by themselves; see docs/runtimes.md.",
  },
  {
    on: ["deno"],
    name: /sleepers run side by side|results come back from threads, sooner/,
    why: "The test compares times, or the order of sleepers, that differ by less than Deno may take to start a thread on a machine that is busy.",
    sometimes: true,
  },
  {
    on: ["node22", "node26"],
    name: /when threads die of large errors: it survives with a small heap/,
    why: "The process grows by 84 to 104 MB there, where the test bounds it by 84; what takes the rest is not explained yet.",
    sometimes: true,
  },
  {
    on: ["bun"],
    name: /checksum\.test\.ts > checksum > (says (?!of tree\/plain )|reports|ends silently|escapes|compares)|the tour > shows every example/,
    why: "Bun's readdir with an encoding of bytes gives entries without a name, which the example needs.",
  },
];
