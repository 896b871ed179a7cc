import { brandClass, firstCopy } from "@x/core/internal";
import { runScript, watchdog } from "@x/testkit";
import { describe, expect, it, vi } from "vitest";

watchdog();

let packages = 0;

describe("the first copy of a package", () => {
  const newName = (): string => `core-test ${++packages}`;
  const none = (): void => undefined;
  class Small {
    one(): void {}
  }
  class SameAsSmall {
    one(): void {}
  }
  class Large {
    one(): void {}
    two(): void {}
  }
  class LargeByStatic {
    static make(): void {}
    one(): void {}
  }

  it("serves each later copy with no more exports", () => {
    const name = newName();
    const first = { start: none, Thing: Small };
    expect(firstCopy(name, first, none)).toBe(first);
    expect(firstCopy(name, { start: none, Thing: SameAsSmall }, none)).toBe(first);
    expect(firstCopy(name, { start: none } as typeof first, none)).toBe(first);
  });

  it.each([
    ["a name", { start: (): void => undefined, stop: (): void => undefined, Thing: Small }],
    ["a member of a class", { start: (): void => undefined, Thing: Large }],
    ["a static member of a class", { start: (): void => undefined, Thing: LargeByStatic }],
    ["a class instead of a value", { start: Small, Thing: Small }],
  ])("does not serve a copy with more exports: %s", (_, newer: object) => {
    const name = newName();
    const first: object = { start: 7, Thing: Small };
    firstCopy(name, first, none);
    expect(firstCopy(name, newer, none)).toBe(newer);
    expect(firstCopy(name, { ...newer }, none)).toBe(newer); // the second copy serves the later ones
    expect(firstCopy(name, { ...first }, none)).toBe(first);
  });

  it("alone runs the callback; each package has its own", () => {
    const [name, onFirst, onSecond] = [newName(), vi.fn(), vi.fn()];
    firstCopy(name, { a: 1 }, onFirst);
    firstCopy(name, { a: 1 }, onSecond);
    firstCopy(name, { b: 1 }, onSecond);
    expect([onFirst.mock.calls.length, onSecond.mock.calls.length]).toEqual([1, 0]);
    firstCopy(newName(), { a: 1 }, onSecond);
    expect(onSecond.mock.calls.length).toBe(1);
  });
});

describe("a brand", () => {
  it("makes objects of each copy instances of the class in every copy, and of no other class", () => {
    const copy = (): new () => object => {
      const Thing = class {};
      brandClass(Thing, "core-test Thing");
      return Thing;
    };
    const [One, Two] = [copy(), copy()];
    class Sub extends One {}
    class Other {}
    brandClass(Other, "core-test Other");
    expect(new One()).toBeInstanceOf(Two);
    expect(new Sub()).toBeInstanceOf(Two);
    expect(new Sub()).toBeInstanceOf(Sub);
    expect(new One()).not.toBeInstanceOf(Sub);
    expect(new Two()).not.toBeInstanceOf(Sub);
    expect(new Other()).not.toBeInstanceOf(One);
    for (const value of [undefined, null, 7, "text", {}, One, Object.create(null)])
      expect(value).not.toBeInstanceOf(One);
  });
});

describe("the global slots of a thread", () => {
  it("come from the first copy; a newer copy of core adds its own", async () => {
    const { stdout, stderr } = await runScript(`
      const slots = { "thread 1": { ident: 77 }, "spinning 1": { limit: 5 }, "kinds 1": new Map([["a kind", {}]]) };
      for (const [name, value] of Object.entries(slots)) globalThis[Symbol.for("@x/core " + name)] = value;
      const { getIdent, isPrepared, recheckTasks, taskWaits } = await import("@x/core/internal");
      recheckTasks();
      const isKnown = (kind) => isPrepared({ value: 0, parts: [{ kind, moduleUrl: "data:text/javascript," }] });
      const isSame = Object.entries(slots).every(([name, value]) => globalThis[Symbol.for("@x/core " + name)] === value);
      console.log(getIdent(), isKnown("a kind"), isKnown("another"), taskWaits().length, isSame);
    `);
    expect([stdout, stderr]).toEqual(["77 true false 0 true\n", ""]);
  });
});
