/**
 * The schedule explorer. A model names what two or three threads do, as functions of a module of bodies; the explorer runs
 * the built packages in real workers, one operation at a time, through every schedule within a bound.
 *
 *     // lock.bodies.mjs: t is the thread's hand, see ModelThread in worker.mjs
 *     export function holder(t) {
 *       const lock = new Lock(t.at(0));                    // at word 0 of the model's memory
 *       lock.acquire();
 *       t.check(t.add("inside", 1) === 1, "two are inside");
 *       t.work();                                          // a step in which nothing happens
 *       t.add("inside", -1);                               // noted together with the step before
 *       lock.release();
 *     }
 *
 *     // lock.model.ts
 *     const explorer = await Explorer.open(new URL("./lock.bodies.mjs", import.meta.url), 2);
 *     holds(explorer, { name: "exclusion", threads: [{ body: "holder" }, { body: "holder" }], words: […], notes: ["inside"] });
 *
 * Steps are: the operations of `Atomics` on the model's memory, plain reads and writes of it, looks at the clock, turns of the
 * event loop, timeouts, aborts. Time is virtual: it moves when a timeout fires, to its moment, and by the model's `ticks`.
 * Waiting lists are first come first served, as the specification of ECMAScript has them.
 *
 * With `deaths` a thread may die before any step, without its `finally`; a simulated supervisor then does what that of `@x/thread` does,
 * in steps of its own. With `process` the threads are main, supervisor and workers of a whole process, which run `@x/thread` as it is
 * shipped over a simulated platform (host.mjs): when a message arrives, and when an end is told, is a choice, too.
 */
export { type Breakage } from "./broken.js";
export { Explorer } from "./explorer.js";
export { type Model, type ThreadOfModel } from "./model.js";
export { overtaking } from "./overtaking.js";
export { catches, holds, MODEL_TIMEOUT } from "./prove.js";
export { type StateView } from "./state-view.js";
export { type Exploration, type Failure, type Kind } from "./walk.js";
