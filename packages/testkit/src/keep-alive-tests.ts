/**
 * Conformance suite, ours: a pending wait keeps the process alive, like an open socket, until it
 * settles.
 */
import { describe, expect, it } from "vitest";
import { runScript } from "./script.js";

/** The longest time that a process may take to end when nothing keeps it alive. */
const PROMPTLY = 1_000;

export interface KeepAliveSpec {
  /** The package and the class, such as `lock` and `Lock`. */
  readonly who: string;
  readonly name: string;
  /** Source text: an expression that makes `it`, on which `wait` waits. */
  readonly make: string;
  /** Source text: waits on `it`, with `options`. */
  readonly wait: string;
  /** Source text: ends the wait on `it`. */
  readonly wake: string;
}

export function keepAliveTests({ who, name, make, wait, wake }: KeepAliveSpec): void {
  const script = (body: string): string => `
    import { ${name} } from "@x/${who}";
    import { Worker } from "node:worker_threads";
    const it = ${make};
    const wait = (options) => ${wait};
    /** Another thread wakes the wait after some time. It does not keep the process alive. */
    function wakeAfter(ms) {
      const code = \`const { workerData: [url, handle, ms] } = require("node:worker_threads");
        import(url).then(({ ${name} }) => setTimeout(() => { const it = ${name}.from(handle); ${wake}; }, ms));\`;
      new Worker(code, { eval: true, workerData: [import.meta.resolve("@x/${who}"), it.share(), ms] }).unref();
    }
    ${body}`;

  describe("the process", () => {
    it("stays alive for a pending wait, and ends at once after another thread ends the wait", async () => {
      const ran = await runScript(script(`wakeAfter(150); console.log(await wait());`));
      expect(ran).toMatchObject({ stdout: "true\n", stderr: "", status: 0 });
      expect(ran.lingered).toBeLessThan(PROMPTLY);
    });

    it("stays alive for a pending wait, also after a garbage collection", async () => {
      const ran = await runScript(
        script(`
          const collect = setInterval(() => { gc(); [...Array(1e4)].map(() => ({})); }, 10);
          collect.unref();
          wakeAfter(300);
          console.log(await wait());`),
        { flags: ["--expose-gc"] },
      );
      expect(ran).toMatchObject({ stdout: "true\n", stderr: "", status: 0 });
    });

    it("ends after a timeout, and after an abort", async () => {
      const ran = await runScript(
        script(`
          console.log(await wait(50));
          const controller = new AbortController();
          setTimeout(() => controller.abort("aborted"), 50);
          console.log(await wait({ signal: controller.signal }).catch((reason) => reason));`),
      );
      expect(ran).toMatchObject({ stdout: "false\naborted\n", stderr: "", status: 0 });
      expect(ran.lingered).toBeLessThan(PROMPTLY);
    });

    it("stays alive for a pending wait, also after another wait has settled", async () => {
      const ran = await runScript(
        script(`
          const [first, second] = [wait(20), wait()];
          console.log(await first);
          wakeAfter(150);
          console.log(await second);`),
      );
      expect(ran).toMatchObject({ stdout: "false\ntrue\n", stderr: "", status: 0 });
      expect(ran.lingered).toBeLessThan(PROMPTLY);
    });

    it("stays alive for a wait that no thread ends", async () => {
      const ran = await runScript(script(`console.log("waiting"); await wait();`), { silence: 800 });
      expect(ran).toMatchObject({ stdout: "waiting\n", stderr: "", status: "SIGKILL" });
    });

    it("ends after import, construction and use without a pending wait", async () => {
      const ran = await runScript(script(`console.log(await wait(0));`));
      expect(ran).toMatchObject({ stdout: "false\n", stderr: "", status: 0 });
      expect(ran.lingered).toBeLessThan(PROMPTLY);
    });
  });
}
