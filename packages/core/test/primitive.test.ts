/** The base class of primitives, tested by a primitive: it only logs its calls. */
import {
  AsyncHoldable,
  type AsyncOptions,
  placementOf,
  type PrimitiveHandle,
  PACK,
  pack,
  type Packed,
  type MemoryPlacement,
  registerPrimitive,
  OwnerDiedError,
  TimeoutError,
  unpack,
} from "@x/core";
import { isPrepared, wordsOf } from "@x/core/internal";
import { thrownBy, watchdog } from "@x/testkit";
import { inspect } from "node:util";
import { afterEach, describe, expect, it } from "vitest";

watchdog();

/** All calls to any gate, and the outcome of the next acquire. */
const log: unknown[] = [];
let outcome: () => boolean = () => true;
afterEach(() => {
  log.length = 0;
  outcome = () => true;
});

class Gate extends AsyncHoldable {
  static readonly KIND: string = "@made-up/gates Gate";
  static readonly BYTES: number = 8;
  static from(place: PrimitiveHandle | MemoryPlacement): Gate {
    return new Gate(placementOf(place, Gate));
  }
  constructor(place?: MemoryPlacement) {
    super(Gate, place);
  }
  acquire(timeout?: number): boolean {
    log.push(["acquire", timeout]);
    return outcome();
  }
  async acquireAsync(options?: AsyncOptions): Promise<boolean> {
    log.push(["acquireAsync", options]);
    return Promise.resolve().then(outcome);
  }
  release(): void {
    log.push("release");
  }
  toString(): string {
    return `<Gate ${this.place}>`;
  }
}
registerPrimitive(Gate, import.meta.url);

/** Packs itself. */
class Odd extends Gate {
  static override readonly KIND = "Odd";
  override [PACK](): Packed {
    return { kind: "Odd", data: 1 };
  }
}
registerPrimitive(Odd, import.meta.url);

/** Its `from` reads the buffer and the offset of the handle. */
class Asking extends Gate {
  static override readonly KIND = "gates Asking";
  static override from({ buffer, byteOffset }: PrimitiveHandle): Asking {
    return new Asking({ buffer, byteOffset });
  }
}
registerPrimitive(Asking as never, import.meta.url);

/** Its handle has a field beside the memory. */
class Painted extends Gate {
  static override readonly KIND = "gates Painted";
  static override from(handle: PrimitiveHandle & { readonly colour: string }): Painted {
    return Object.assign(new Painted(handle), { colour: handle.colour });
  }
  colour = "";
  override share(): PrimitiveHandle & { readonly colour: string } {
    return { ...super.share(), colour: this.colour };
  }
}
registerPrimitive(Painted as never, import.meta.url);

const rejectedBy = async (promise: Promise<unknown>): Promise<unknown> => promise.catch((error: unknown) => error);

const died = (): never => {
  throw new OwnerDiedError("its holder died");
};
const refused = (): never => {
  throw new RangeError("no");
};

describe("a primitive", () => {
  it("lives in zeroed memory of its own, or in the placement", () => {
    const gate = new Gate();
    expect([wordsOf(gate).words[wordsOf(gate).at], wordsOf(gate).words[wordsOf(gate).at + 1]]).toEqual([0, 0]);
    const buffer = new SharedArrayBuffer(64);
    const placed = new Gate({ buffer, byteOffset: 56 });
    expect([wordsOf(placed).words.buffer, wordsOf(placed).at]).toEqual([buffer, 14]);
    expect(() => new Gate({ buffer, byteOffset: 60 })).toThrow(/^gates: /);
  });

  it("shares a handle; from() makes a primitive over the same words", () => {
    const gate = new Gate({ buffer: new SharedArrayBuffer(64), byteOffset: 8 });
    expect(gate.share()).toEqual({ kind: "@made-up/gates Gate", buffer: wordsOf(gate).words.buffer, byteOffset: 8 });
    const again = Gate.from(structuredClone(gate.share()));
    Atomics.store(wordsOf(gate).words, wordsOf(gate).at, 5);
    expect(wordsOf(again).words[wordsOf(again).at]).toBe(5);
  });

  it("travels as its handle, with the module that registers its kind", () => {
    const gate = new Gate();
    expect(gate[PACK]()).toEqual({ kind: "@made-up/gates Gate", moduleUrl: import.meta.url, data: gate.share() });
    expect(isPrepared(pack(gate))).toBe(true);
    expect(unpack<Gate>(structuredClone(pack(gate)))).toBeInstanceOf(Gate);
  });

  it("travels in a table if there are many, unless its class packs itself", () => {
    const parts = pack(Array.from({ length: 20 }, () => new Gate())).parts;
    expect(parts.map(({ kind }) => kind)).toEqual(["@x/core primitive table", "@x/core list"]);
    const odd = Array.from({ length: 20 }, () => new Odd());
    expect(pack(odd).parts.map(({ data }) => data)).toEqual(Array(20).fill(1));
    const painted = Array.from({ length: 20 }, () => Object.assign(new Painted(), { colour: "red" }));
    expect(unpack<Painted[]>(structuredClone(pack(painted))).map(({ colour }) => colour)).toEqual(
      Array(20).fill("red"),
    );
  });

  it("reads its memory from the handle, even if there are many", () => {
    const gates = Array.from({ length: 20 }, () => new Asking());
    gates.map(wordsOf).forEach(({ words, at }, i) => (words[at] = i));
    const arrived = unpack<Asking[]>(structuredClone(pack(gates)));
    expect(arrived.map(wordsOf).map(({ words, at }) => words[at])).toEqual(gates.map((_, i) => i));
  });

  it("prints as its toString, and has a label of kind and address", () => {
    const gate = new Gate({ buffer: new SharedArrayBuffer(64), byteOffset: 16 });
    expect(inspect({ gate })).toBe("{ gate: <Gate at 0x0010> }");
    expect(gate.label).toBe("Gate at 0x0010");
    expect(new Odd({ buffer: new SharedArrayBuffer(64), byteOffset: 16 }).label).toBe("Odd at 0x0010");
  });

  it.each([
    ["@made-up/gates Gate", "gates"],
    ["gates Gate", "gates"],
    ["Odd", "Odd"],
    ["@scoped", "@scoped"],
    ["not@scoped/gates Gate", "not@scoped/gates"],
    ["gates A Gate", "gates"],
  ])("of kind %j begins its errors with %j", (KIND, who) => {
    expect(() => placementOf(5, { KIND })).toThrow(
      `${who}: from takes what share() returned, or { buffer, byteOffset }, got 5`,
    );
  });

  it("is made only from a placement or a handle of its kind", () => {
    for (const [what, described] of [
      [undefined, "undefined"],
      [null, "null"],
      ["buffer", '"buffer"'],
      [{ byteOffset: 0 }, "[object Object]"],
      [() => 1, "an anonymous function"],
    ] as const) {
      const error = thrownBy(() => placementOf(what, Gate));
      expect(error).toBeInstanceOf(TypeError);
      expect((error as Error).message).toContain(
        "gates: from takes what share() returned, or { buffer, byteOffset }, got",
      );
      expect((error as Error).message).toContain(described);
    }
    const error = thrownBy(() => placementOf(new Odd().share(), Gate));
    expect(error).toBeInstanceOf(TypeError);
    expect((error as Error).message).toBe('gates: from was handed a "Odd", not a "@made-up/gates Gate"');
    const place = { buffer: new SharedArrayBuffer(8) };
    expect(placementOf(place, Gate)).toBe(place);
  });

  it("refuses an unknown option; a handle may have more if share() of its class returns more", () => {
    const place = { buffer: new SharedArrayBuffer(8), colour: "red" };
    const refused = new TypeError('gates: there is no option "colour"; the options are buffer, byteOffset, kind');
    for (const Class of [Gate, Painted]) expect(() => new Class(place)).toThrow(refused);
    expect(() => new Gate({ ...place, kind: Gate.KIND } as MemoryPlacement)).toThrow(refused);
    expect(wordsOf(new Painted({ ...place, kind: Painted.KIND } as MemoryPlacement)).words.buffer).toBe(place.buffer);
  });
});

describe("hold", () => {
  it("acquires within the timeout, and releases once, at the end of the block or before", () => {
    const held = new Gate().hold(5);
    expect(log).toEqual([["acquire", 5]]);
    held.release();
    held.release();
    expect(log).toEqual([["acquire", 5], "release"]);
    const again = new Gate().hold();
    expect(log.at(-1)).toEqual(["acquire", Infinity]);
    again[Symbol.dispose]();
    again[Symbol.dispose]();
    expect(log.slice(3)).toEqual(["release"]);
  });

  it("throws TimeoutError without the lock if the time runs out", () => {
    outcome = () => false;
    const error = thrownBy(() => new Gate().hold(5));
    expect(error).toBeInstanceOf(TimeoutError);
    expect((error as Error).message).toBe("gates: not acquired within 5 ms");
    expect(log).toEqual([["acquire", 5]]);
  });

  it("throws the errors of acquire; after OwnerDiedError it releases, because the caller cannot", () => {
    outcome = refused;
    expect(() => new Gate().hold()).toThrow(RangeError);
    expect(log).toEqual([["acquire", Infinity]]);
    outcome = died;
    expect(() => new Gate().hold()).toThrow(OwnerDiedError);
    expect(log).toEqual([["acquire", Infinity], ["acquire", Infinity], "release"]);
  });
});

describe("with", () => {
  it("holds while the function runs, and returns its result", () => {
    expect(new Gate().with(() => log.push("body"))).toBe(2);
    expect(log).toEqual([["acquire", Infinity], "body", "release"]);
  });

  it("releases if the function throws, and throws its error", () => {
    expect(() => new Gate().with(refused)).toThrow(RangeError);
    expect(log).toEqual([["acquire", Infinity], "release"]);
  });

  it("does not run the function if acquire throws", () => {
    outcome = died;
    const body = (): unknown => log.push("body");
    expect(() => new Gate().with(body)).toThrow(OwnerDiedError);
    expect(log).toEqual([["acquire", Infinity], "release"]);
  });

  it("throws a TypeError without a function, before it acquires", () => {
    const error = thrownBy(() => new Gate().with(5 as never));
    expect(error).toBeInstanceOf(TypeError);
    expect((error as Error).message).toBe("gates: with takes a function, got 5");
    expect(log).toEqual([]);
  });

  it("throws a TypeError if the function returned a promise, after the release", () => {
    const error = thrownBy(() => new Gate().with((async () => Promise.resolve()) as () => never));
    expect(error).toBeInstanceOf(TypeError);
    expect((error as Error).message).toBe(
      "gates: the function given to with() returned a promise, which was not waited for; use withAsync()",
    );
    expect(log).toEqual([["acquire", Infinity], "release"]);
  });
});

describe("holdAsync", () => {
  it("acquires with its options, and releases once", async () => {
    const options = { timeout: 5 };
    const held = await new Gate().holdAsync(options);
    held.release();
    held.release();
    expect(log).toEqual([["acquireAsync", options], "release"]);
  });

  it("rejects with TimeoutError without the lock if the time runs out", async () => {
    outcome = () => false;
    for (const options of [5, { timeout: 5 }]) {
      const error = await rejectedBy(new Gate().holdAsync(options));
      expect(error).toBeInstanceOf(TimeoutError);
      expect((error as Error).message).toBe("gates: not acquired within 5 ms");
    }
    await expect(new Gate().holdAsync()).rejects.toThrow(TimeoutError);
    expect(log).not.toContain("release");
  });

  it("rejects with the errors of acquireAsync; after OwnerDiedError it releases", async () => {
    outcome = refused;
    await expect(new Gate().holdAsync()).rejects.toThrow(RangeError);
    expect(log).toEqual([["acquireAsync", undefined]]);
    outcome = died;
    await expect(new Gate().holdAsync()).rejects.toThrow(OwnerDiedError);
    expect(log).toEqual([["acquireAsync", undefined], ["acquireAsync", undefined], "release"]);
  });
});

describe("withAsync", () => {
  it("holds until the promise of the function settles, and resolves to its result", async () => {
    const body = async (): Promise<string> => {
      await Promise.resolve();
      log.push("body");
      return "done";
    };
    await expect(new Gate().withAsync(body, { timeout: 5 })).resolves.toBe("done");
    expect(log).toEqual([["acquireAsync", { timeout: 5 }], "body", "release"]);
  });

  it("releases if the function rejects, and rejects with its error", async () => {
    await expect(new Gate().withAsync(async () => Promise.reject(new RangeError("no")))).rejects.toThrow(RangeError);
    expect(log).toEqual([["acquireAsync", undefined], "release"]);
  });

  it("rejects with a TypeError without a function, before it acquires", async () => {
    const error = await rejectedBy(new Gate().withAsync(5 as never));
    expect(error).toBeInstanceOf(TypeError);
    expect((error as Error).message).toBe("gates: withAsync takes a function, got 5");
    expect(log).toEqual([]);
  });
});
