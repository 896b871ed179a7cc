/**
 * The schedule explorer. A model has two or three threads, each a function of a module of bodies.
 * The explorer runs the built packages in real workers, one operation at a time, through every
 * schedule within a bound.
 *
 *     // lock.bodies.mjs: t is a ModelThread, see worker.mjs
 *     export function holder(t) {
 *       const lock = new Lock(t.at(0));                    // at word 0 of the model's memory
 *       lock.acquire();
 *       t.check(t.add("inside", 1) === 1, "two are inside");
 *       t.work();                                          // a step without an effect
 *       t.add("inside", -1);                               // happens together with the step before
 *       lock.release();
 *     }
 *
 *     // lock.model.ts
 *     const explorer = await Explorer.open(new URL("./lock.bodies.mjs", import.meta.url), 2);
 *     holds(explorer, { name: "exclusion", threads: [{ body: "holder" }, { body: "holder" }], words: […], notes: ["inside"] });
 *
 * These are steps: `Atomics` operations on the model's memory, plain reads and writes of it, reads
 * of the clock, turns of the event loop, timeouts, aborts. Time is virtual. It moves to the moment
 * of a timeout or timer, and by the model's `ticks`. Waiting lists are first come, first served, by
 * the specification of ECMAScript.
 *
 * With `deaths`, a thread may die before any step, without its `finally`; a simulated supervisor
 * then acts like that of `@x/thread`, in steps of its own. With `process`, the threads are main,
 * supervisor and workers of a whole process. They run the shipped `@x/thread` over a simulated
 * platform (host.mjs), and the arrival of each message and exit is a choice, too.
 */
export { type Breakage } from "./broken.js";
export { Explorer } from "./explorer.js";
export { type Model, type ThreadOfModel } from "./model.js";
export { overtaking } from "./overtaking.js";
export { catches, holds, MODEL_TIMEOUT } from "./prove.js";
export { type StateView } from "./state-view.js";
export { type Exploration, type Failure, type Kind } from "./walk.js";
