/** Arguments and results that move to another thread, and threads that end with their signal. */
import { LONG, thrownBy, watchdog } from "@x/testkit";
import { move, Thread, ThreadError } from "@x/thread";
import { describe, expect, it } from "vitest";
import { newFlags, newGate, quiet, rejectedBy } from "./helpers.js";
import * as m from "./moves.workers.mjs";
import * as w from "./thread.workers.mjs";

watchdog();

const KIB = 1 << 10;

function filled(bytes: number): ArrayBuffer {
  const buffer = new ArrayBuffer(bytes);
  new Uint8Array(buffer).fill(1);
  return buffer;
}

/** The next message of a port. */
function messageOf(port: MessagePort): Promise<unknown> {
  return new Promise((resolve) => {
    port.onmessage = ({ data }: { data: unknown }) => resolve(data);
  });
}

describe("transfer", () => {
  it("moves a buffer to the thread at the start, whole", () => {
    const buffer = filled(100 * KIB);
    const thread = new Thread({ target: m.lengthAndSum, args: [buffer], transfer: [buffer] });
    expect(buffer.byteLength).toBe(100 * KIB);
    thread.start();
    expect(buffer.byteLength).toBe(0);
    expect(thread.result(LONG)).toEqual({ length: 100 * KIB, sum: 100 * KIB });
  });

  it("moves a buffer to an idle worker, and by startAsync", async () => {
    for (let i = 0; i < 3; i++) {
      const buffer = filled(KIB);
      const thread = new Thread({ target: m.lengthAndSum, args: [buffer], transfer: [buffer] });
      await thread.startAsync();
      expect(buffer.byteLength).toBe(0);
      expect(await thread.resultAsync(LONG)).toEqual({ length: KIB, sum: KIB });
    }
  });

  it("moves a port, by which the starter and the thread talk", async () => {
    const { port1, port2 } = new MessageChannel();
    const thread = new Thread({ target: m.answersOne, args: [port2], transfer: [port2] }).start();
    const answered = messageOf(port1);
    port1.postMessage(41);
    expect(await answered).toBe(42);
    port1.close();
    await thread.resultAsync(LONG);
  });

  it("that is refused leaves the thread unstarted and its buffers whole", () => {
    const buffer = filled(KIB);
    const args = [[buffer, () => 1]] as never;
    const thread = new Thread({ target: w.echo, args, transfer: [buffer] });
    expect(thrownBy(() => thread.start())).toBeInstanceOf(TypeError);
    expect(buffer.byteLength).toBe(KIB);
    expect(thread.ident).toBe(undefined);
  });

  it("of a buffer that has moved since the thread was made is an error at the start", () => {
    const buffer = filled(KIB);
    const thread = new Thread({ target: m.lengthAndSum, args: [buffer], transfer: [buffer] });
    structuredClone(buffer, { transfer: [buffer] });
    expect((thrownBy(() => thread.start()) as Error).message).toMatch(/^thread: transfer\[0\] has been moved before/);
    expect(thread.ident).toBe(undefined);
  });

  const buffer = filled(8);
  it.each([
    ["a number", [buffer, 5], /^thread: transfer\[1\] is 5, which cannot be moved; name objects only/],
    ["a plain object", [{}], /^thread: transfer\[0\] is \[object Object\], which cannot be moved; name the buffers/],
    [
      "a view",
      [new Uint8Array(buffer)],
      /^thread: transfer\[0\] is a view, .* name its memory, transfer\[0\]\.buffer$/,
    ],
    ["shared memory", [newFlags().buffer], /^thread: transfer\[0\] is shared memory, .*; leave it out/],
    ["a buffer twice", [buffer, buffer], /^thread: transfer\[1\] stands there twice; name it once$/],
    [
      "no list",
      buffer,
      /^thread: transfer must be an array of the objects to move, got .*ArrayBuffer.*; write \[it\]$/,
    ],
  ])("with %s is refused, and names the place", (_, transfer, message) => {
    const error = thrownBy(() => new Thread({ target: w.echo, args: [buffer], transfer } as never));
    expect(error).toBeInstanceOf(TypeError);
    expect((error as Error).message).toMatch(message);
    expect(buffer.byteLength).toBe(8);
  });
});

describe("move", () => {
  it("moves a result to the starter, whole, and the thread has it no more", async () => {
    const result = await new Thread({ target: m.makes, args: [100 * KIB, true] }).start().resultAsync(LONG);
    expect(result.buffer.byteLength).toBe(100 * KIB);
    expect(new Uint8Array(result.buffer).every((byte) => byte === 7)).toBe(true);
    // The worker may not be idle again yet: then another one runs the next thread, and has made nothing.
    const lengths = Array.from({ length: 20 }, () => new Thread({ target: m.lengthOfMade }).start().result(LONG));
    expect(new Set(lengths)).toContain(0);
    expect(new Set(lengths)).not.toContain(100 * KIB);
  });

  it("moves the result of an async function", async () => {
    const thread = await new Thread({ target: m.makesLater, args: [KIB] }).startAsync();
    expect((await thread.resultAsync(LONG)).buffer.byteLength).toBe(KIB);
  });

  it("moves a port back, with the messages that wait in it", async () => {
    const { port1, port2 } = new MessageChannel();
    const thread = new Thread({ target: m.movesBack, args: [port2], transfer: [port2] }).start();
    const { port } = await thread.resultAsync(LONG);
    const answered = messageOf(port);
    port1.postMessage(42);
    expect(await answered).toBe(42);
    port.close();
  });

  it("returns the value itself, so a direct call returns it unchanged", () => {
    const buffer = filled(8);
    const value = { buffer };
    expect(move(value, [buffer])).toBe(value);
    expect(buffer.byteLength).toBe(8);
  });

  it("with a part that cannot travel fails the thread, with the place", () => {
    quiet();
    const thread = new Thread({ target: m.movesBadly }).start();
    expect((thrownBy(() => thread.result(LONG)) as Error).message).toMatch(/the outcome of .*\.value\.bad is /);
  });

  it("tells other threads than the starter that the result has moved away", async () => {
    const gate = newGate();
    const maker = new Thread({ target: m.makesBehind, args: [gate, KIB] }).start();
    const asker = new Thread({ target: m.whyItFailed, args: [maker] }).start();
    w.signal(gate);
    expect(asker.result(LONG)).toMatch(/^thread: the result of .* has moved to the thread that started it; ask there/);
    expect((await maker.resultAsync(LONG)).byteLength).toBe(KIB);
  });

  it("of a value that is no object, or with a bad list, throws a TypeError", () => {
    const buffer = filled(8);
    expect((thrownBy(() => move(5, [buffer])) as Error).message).toMatch(/^core: value must be an object .*, got 5;/);
    expect((thrownBy(() => move({ buffer }, buffer as never)) as Error).message).toMatch(/^core: transfer must be an/);
  });
});

describe("signal", () => {
  it("terminates the thread when it is aborted, with its reason as cause", async () => {
    const [gate, abort, reason] = [newGate(), new AbortController(), new RangeError("no longer wanted")];
    const thread = new Thread({ target: w.stand, args: [gate], signal: abort.signal }).start();
    w.await_(gate, 1);
    abort.abort(reason);
    expect(await thread.joinAsync(LONG)).toBe(true);
    const error = thrownBy(() => thread.result(0));
    expect(error).toBeInstanceOf(ThreadError);
    expect((error as Error).message).toMatch(/^thread: Thread-\d+ .*was terminated, because its signal was aborted$/);
    expect((error as Error).cause).toEqual(reason);
    expect((error as Error).cause).toBeInstanceOf(RangeError);
  });

  it("ends a thread that computesForEver", async () => {
    const [flags, abort] = [newFlags(), new AbortController()];
    const thread = new Thread({ target: m.computesForEver, args: [flags], signal: abort.signal }).start();
    w.await_(flags, 1);
    abort.abort();
    expect(await thread.joinAsync(LONG)).toBe(true);
    expect((thrownBy(() => thread.result(0)) as Error).cause).toMatchObject({ name: "AbortError" });
  });

  it("that is aborted before the start refuses the start at once", async () => {
    const signal = AbortSignal.abort(new Error("too late"));
    const thread = new Thread({ target: w.nothing, name: "T", signal });
    const message = "thread: T was not started, because its signal is aborted; make it with a new signal";
    for (const error of [thrownBy(() => thread.start()), await rejectedBy(() => thread.startAsync())]) {
      expect(error).toBeInstanceOf(ThreadError);
      expect(error).toMatchObject({ message, cause: { message: "too late" } });
    }
    expect(thread.ident).toBe(undefined);
  });

  it("that is aborted while a task awaits a worker rejects the start", async () => {
    const gate = newGate();
    const abort = new AbortController();
    const many = Array.from({ length: 8 }, () => new Thread({ target: w.stand, args: [gate] }));
    const starts = many.map((thread) => thread.startAsync());
    const last = new Thread({ target: w.nothing, name: "last", signal: abort.signal });
    const refused = rejectedBy(() => last.startAsync());
    abort.abort("enough");
    const error = await refused;
    expect(error).toMatchObject({ message: expect.stringMatching(/^thread: last was /) as string, cause: "enough" });
    w.signal(gate, 0, 1000);
    await Promise.all(starts);
    for (const thread of many) await thread.joinAsync(LONG);
  });

  it("that is aborted after the end of the thread does nothing", async () => {
    const abort = new AbortController();
    const thread = new Thread({ target: w.square, args: [3], signal: abort.signal }).start();
    expect(await thread.resultAsync(LONG)).toBe(9);
    abort.abort();
    expect(await thread.resultAsync(LONG)).toBe(9);
  });

  it("serves many threads", async () => {
    const [gate, abort] = [newGate(), new AbortController()];
    const threads = Array.from({ length: 3 }, () =>
      new Thread({ target: w.stand, args: [gate], signal: abort.signal }).start(),
    );
    abort.abort("all");
    for (const thread of threads) {
      expect(await thread.joinAsync(LONG)).toBe(true);
      expect(thrownBy(() => thread.result(0))).toMatchObject({ cause: "all" });
    }
  });

  it("tells other threads the reason, too", async () => {
    const [gate, abort] = [newGate(), new AbortController()];
    const thread = new Thread({ target: w.stand, args: [gate], signal: abort.signal }).start();
    const asker = new Thread({ target: m.whyItFailed, args: [thread] }).start();
    w.await_(gate, 1);
    abort.abort(new RangeError("for all"));
    expect(await asker.resultAsync(LONG)).toMatch(/was terminated, because its signal was aborted: for all$/);
  });
});
