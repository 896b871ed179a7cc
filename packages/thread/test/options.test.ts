/** Unknown options: an error names the closest option. Ignored, they would silently have no effect. */
import { sleepAsync, Thread } from "@x/thread";
import { thrownBy, watchdog } from "@x/testkit";
import { describe, expect, it } from "vitest";
import { rejectedBy } from "./helpers.js";
import * as w from "./thread.workers.mjs";

watchdog();

const made = (options: object): unknown => thrownBy(() => new Thread(options));

describe("an unknown option", () => {
  it.each([
    [{ deamon: true }, "daemon"],
    [{ deamon: undefined }, "daemon"],
    [{ isDaemon: true }, "daemon"],
    [{ Daemon: true }, "daemon"],
    [{ func: w.nothing }, "target"],
    [{ function: w.nothing }, "target"],
    [{ callback: w.nothing }, "target"],
    [{ traget: w.nothing }, "target"],
    [{ arg: [1] }, "args"],
    [{ arguments: [1] }, "args"],
    [{ kwarg: {} }, "kwargs"],
    [{ nam: "x" }, "name"],
  ])("of a thread, %j, is refused by an error that names %s", (options, meant) => {
    const [key] = Object.keys(options);
    const error = made(options);
    expect(error).toBeInstanceOf(TypeError);
    expect((error as Error).message).toBe(`thread: there is no option ${JSON.stringify(key)}; write ${meant}`);
  });

  it("that resembles no other is refused by an error with a list of all", () => {
    expect(made({ target: w.nothing, stackSize: 1 })).toEqual(
      new TypeError(
        'thread: there is no option "stackSize"; the options are target, args, kwargs, name, daemon, signal, transfer',
      ),
    );
    expect(made({ __proto__: null, constructor_: 1 })).toBeInstanceOf(TypeError);
  });

  it("is refused even if it is inherited", () => {
    expect(made(Object.create({ deamon: true }) as object)).toBeInstanceOf(TypeError);
  });

  it.each([
    ["joinAsync", (thread: Thread, options: never) => thread.joinAsync(options)],
    ["resultAsync", (thread: Thread, options: never) => thread.resultAsync(options)],
  ])("of %s is refused, rather than waiting for ever", async (_, call) => {
    const thread = new Thread();
    thread.start().join();
    expect(await rejectedBy(async () => call(thread, { timeot: 3 } as never))).toEqual(
      new TypeError('thread: there is no option "timeot"; write timeout'),
    );
    expect(await rejectedBy(async () => call(thread, { sginal: undefined } as never))).toEqual(
      new TypeError('thread: there is no option "sginal"; write signal'),
    );
  });

  it("of sleepAsync is refused: sleepAsync takes no timeout", async () => {
    expect(await rejectedBy(async () => sleepAsync(1, { timeout: 5 } as never))).toEqual(
      new TypeError('thread: there is no option "timeout"; the options are signal'),
    );
  });
});

describe("options", () => {
  it("may have no prototype, and symbols of their own", () => {
    const options = Object.assign(Object.create(null) as object, { name: "bare", [Symbol("mine")]: 1 });
    expect(new Thread(options).name).toBe("bare");
  });

  it("are read once each", () => {
    const reads: string[] = [];
    const values = { target: w.nothing, name: "counted", daemon: true, args: [], kwargs: undefined };
    const options = {};
    for (const [key, value] of Object.entries(values))
      Object.defineProperty(options, key, { enumerable: true, get: () => (reads.push(key), value) });
    expect(String(new Thread(options))).toBe("<Thread(counted, initial daemon)>");
    expect(reads.sort()).toEqual(Object.keys(values).sort());
  });

  it("are independent of additions to Object.prototype", () => {
    const prototype = Object.prototype as { deamon?: boolean };
    prototype.deamon = true;
    try {
      expect(new Thread({ name: "unharmed" }).name).toBe("unharmed");
    } finally {
      delete prototype.deamon;
    }
  });
});
