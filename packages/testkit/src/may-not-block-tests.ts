/**
 * Conformance suite where blocking is forbidden (a browser's page), ours: a call that must wait
 * throws and names its cure.
 */
import { expect, it } from "vitest";
import { runScript } from "./script.js";

export interface MayNotBlockSpec {
  /** The package and the class, such as `lock` and `Lock`. */
  readonly who: string;
  readonly name: string;
  /** Source text: an expression that makes `it`, on which `wait` need not wait. */
  readonly open: string;
  /** Source text: makes another thread change `it` so that `wait` must wait. */
  readonly close: string;
  /** Source text: waits on `it`, blocking, with `timeout`. */
  readonly wait: string;
  /** The cure that the error names. */
  readonly cure: string;
}

export function mayNotBlockTests({ who, name, open, close, wait, cure }: MayNotBlockSpec): void {
  it("a call where blocking is forbidden works if it need not wait, and throws an error that names its cure otherwise", async () => {
    const code = `
      const { wait: block } = Atomics;
      Atomics.wait = () => { throw new TypeError("Atomics.wait cannot be called in this context"); };
      const { ${name} } = await import("@x/${who}");
      const { Worker } = await import("node:worker_threads");
      const it = ${open};
      const wait = (timeout) => ${wait};
      console.log(wait(), wait(5));
      const code = \`const { workerData: [url, handle, done] } = require("node:worker_threads");
        import(url).then(({ ${name} }) => { const it = ${name}.from(handle); ${close}; Atomics.store(done, 0, 1); Atomics.notify(done, 0); });\`;
      const done = new Int32Array(new SharedArrayBuffer(4));
      new Worker(code, { eval: true, workerData: [import.meta.resolve("@x/${who}"), it.share(), done] });
      block(done, 0, 0, 5000);
      const before = String(it);
      console.log(wait(0));
      for (const timeout of [undefined, 5000]) try { wait(timeout); } catch (error) { console.log(String(error)); }
      console.log(String(it) === before);`;
    const error = `ThreadError: ${who}: this thread may not block; use ${cure}`;
    const ran = await runScript(code);
    expect(ran.stderr).toBe("");
    expect(ran.stdout.trim().split("\n")).toEqual(["true true", "false", error, error, "true"]);
  });
}
