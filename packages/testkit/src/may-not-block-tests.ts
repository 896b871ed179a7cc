/** Where blocking is forbidden, as on a browser's page: what need not wait works, what must wait names its cure. Ours. */
import { expect, it } from "vitest";
import { runScript } from "./script.js";

export interface MayNotBlockSpec {
  /** The package and the class, such as `lock` and `Lock`. */
  readonly who: string;
  readonly name: string;
  /** Source text: an expression that makes `it`, on which `wait` need not wait. */
  readonly open: string;
  /** Source text: makes another thread close it, such that `wait` has to wait; `it` is there. */
  readonly close: string;
  /** Source text: waits on `it`, blocking, with `timeout`. */
  readonly wait: string;
  /** What the error recommends. */
  readonly cure: string;
}

export function mayNotBlockTests({ who, name, open, close, wait, cure }: MayNotBlockSpec): void {
  it("where blocking is forbidden, it works as long as it need not wait, and then names its cure", async () => {
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
      for (const timeout of [undefined, 5]) try { wait(timeout); } catch (error) { console.log(String(error)); }
      console.log(String(it) === before);`;
    const error = `ThreadError: ${who}: this thread may not block; use ${cure}`;
    const ran = await runScript(code);
    expect(ran.stderr).toBe("");
    expect(ran.stdout.trim().split("\n")).toEqual(["true true", "false", error, error, "true"]);
  });
}
