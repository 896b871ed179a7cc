/** What is awaited keeps the process alive, as an open socket would, and lets go when it is settled. Ours. */
import { describe, expect, it } from "vitest";
import { runScript } from "./script.js";

/** The longest that a process may take to end once nothing holds it. */
const PROMPTLY = 1_000;

export interface KeepAliveSpec {
  /** The package and the class, such as `lock` and `Lock`. */
  readonly who: string;
  readonly name: string;
  /** Source text: an expression that makes one on which `wait` waits. */
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
    /** Another thread, which by itself keeps nothing alive, wakes after some time. */
    function wakeAfter(ms) {
      const code = \`const { workerData: [url, handle, ms] } = require("node:worker_threads");
        import(url).then(({ ${name} }) => setTimeout(() => { const it = ${name}.from(handle); ${wake}; }, ms));\`;
      new Worker(code, { eval: true, workerData: [import.meta.resolve("@x/${who}"), it.share(), ms] }).unref();
    }
    ${body}`;

  describe("keeping the process alive", () => {
    it("what is awaited does, until another thread wakes it; then the process ends at once", async () => {
      const ran = await runScript(script(`wakeAfter(150); console.log(await wait());`));
      expect(ran).toMatchObject({ stdout: "true\n", stderr: "", status: 0 });
      expect(ran.lingered).toBeLessThan(PROMPTLY);
    });

    it("also when the garbage collector comes by", async () => {
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

    it("lets go after a timeout, and after an abort", async () => {
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

    it("one of several that is settled does not let go of the others", async () => {
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

    it("as long as nobody wakes it, the process stays", async () => {
      const ran = await runScript(script(`console.log("waiting"); await wait();`), { limit: 800 });
      expect(ran).toMatchObject({ stdout: "waiting\n", stderr: "", status: "SIGKILL" });
    });

    it("importing, making and using without waiting does not", async () => {
      const ran = await runScript(script(`console.log(await wait(0));`));
      expect(ran).toMatchObject({ stdout: "false\n", stderr: "", status: 0 });
      expect(ran.lingered).toBeLessThan(PROMPTLY);
    });
  });
}
