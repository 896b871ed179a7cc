/** Programs that compile, and programs that must not: `tsc` fails if an expected error is missing. */
import { Local, startNewThread, Thread, type ThreadOptions } from "@x/thread";
import { LONG, thrownBy, watchdog } from "@x/testkit";
import { describe, expect, expectTypeOf, it } from "vitest";
import { newFlags, quiet } from "./helpers.js";
import * as w from "./thread.workers.mjs";

watchdog();

class Runner extends Thread<string> {
  constructor(
    readonly text: string,
    name?: string,
  ) {
    super({ name });
  }
  override async run(): Promise<string> {
    return this.text;
  }
}

/** Never called: only its types matter. */
export function refused(): void {
  // Each error is reported at its argument, not at the target.
  new Thread({
    target: w.typed,
    args: [
      // @ts-expect-error -- typed takes a number first
      "2",
      "x",
    ],
  });
  new Thread({
    target: (x: number) => x,
    // @ts-expect-error -- takes at most one argument
    args: [1, 2],
  });
  new Thread({
    target: w.square,
    args: [1],
    // @ts-expect-error -- daemon is misspelt
    deamon: true,
  });
  new Thread({
    target: w.typed,
    args: [2, "x"],
    kwargs: {
      // @ts-expect-error -- loud is misspelt
      lowd: true,
    },
  });
  // @ts-expect-error -- the second argument is missing
  new Thread({ target: w.typed, args: [2] });
  // @ts-expect-error -- takes at most three arguments
  new Thread({ target: w.typed, args: [2, "x", {}, 4] });
  // @ts-expect-error -- the arguments are missing
  new Thread({ target: w.typed });
  // @ts-expect-error -- loud is a boolean
  new Thread({ target: w.typed, args: [2, "x"], kwargs: { loud: 1 } });
  // @ts-expect-error -- an unknown keyword
  new Thread({ target: w.typed, args: [2, "x"], kwargs: { quiet: true } });
  // @ts-expect-error -- args is an array of arguments
  new Thread({ target: w.square, args: 2 });
  // @ts-expect-error -- a number cannot be called
  new Thread({ target: 2 });
  // @ts-expect-error -- the method call takes a number
  new Thread({ target: new w.Multiplier(2), args: ["x"] });
  // @ts-expect-error -- an object without call cannot be called
  new Thread({ target: { run: () => 1 } });
  // @ts-expect-error -- daemon is a boolean
  new Thread({ daemon: "yes" });
  // @ts-expect-error -- an unknown option
  new Thread({ target: w.nothing, arguments: [] });
  // @ts-expect-error -- the target's arguments are checked here, too
  startNewThread(w.square, ["x"]);
  // @ts-expect-error -- times are numbers
  new Thread().join("5");
  // @ts-expect-error -- the ident is read-only
  new Thread().ident = 5;
}

describe("types", () => {
  it("the result has the type that the target returns", () => {
    const thread = new Thread({ target: w.typed, args: [2, "x"] });
    expectTypeOf(thread.result).returns.toEqualTypeOf<string>();
    expect(thread.start().result(LONG)).toBe("xx");
  });

  it("the result of an async target has the type of its promise", () => {
    const thread = new Thread({ target: w.later<number>, args: [5] });
    expectTypeOf(thread.result).returns.toEqualTypeOf<number>();
    expectTypeOf(thread.resultAsync).returns.toEqualTypeOf<Promise<number>>();
    expect(thread.start().result(LONG)).toBe(5);
  });

  it("the result of an object has the type that its call returns", () => {
    const thread = new Thread({ target: new w.Multiplier(3), args: [5] });
    expectTypeOf(thread.result).returns.toEqualTypeOf<number>();
    expect(thread.start().result(LONG)).toBe(15);
  });

  it("the result of a generic target follows from the arguments", () => {
    const same = <T>(it: T): T => it;
    const thread = new Thread({ target: same, args: [4] });
    expectTypeOf(thread.result).returns.toEqualTypeOf<number>();
    expect(thread.start().result(LONG)).toBe(4);
  });

  it("parameters without types take the types of the arguments", () => {
    const thread = new Thread({ target: (x, y) => x * y.length, args: [4, "ab"] });
    expectTypeOf(thread.result).returns.toEqualTypeOf<number>();
    expect(thread.start().result(LONG)).toBe(8);
  });

  it("a generic function may pass functions and their arguments on", () => {
    const inThread = <A extends unknown[], R>(target: (...args: A) => R, ...args: A): R =>
      new Thread({ target, args }).start().result(LONG);
    expect(inThread(w.typed, 2, "x").length).toBe(2);
  });

  it("the options are the same seven for every target", () => {
    expectTypeOf<keyof ThreadOptions<[number], string>>().toEqualTypeOf<
      "target" | "args" | "kwargs" | "name" | "daemon" | "signal" | "transfer"
    >();
  });

  it("the result of a subclass is as declared, and start returns the subclass", () => {
    const thread = new w.MyThread(2).start();
    expectTypeOf(thread).toEqualTypeOf<w.MyThread>();
    expectTypeOf(thread.result).returns.toEqualTypeOf<number>();
    expect(thread.result(LONG)).toBe(4);
    expectTypeOf(new Runner("x").result).returns.toEqualTypeOf<string>();
  });

  it("kwargs is the last argument, and is optional if that argument is", () => {
    const loud = new Thread({ target: w.typed, args: [1, "x"], kwargs: { loud: true } });
    expect(loud.start().result(LONG)).toBe("X");
    expect(new Thread({ target: w.typed, args: [1, "x", { loud: true }] }).start().result(LONG)).toBe("X");
  });

  it("arrays of arguments may be readonly", () => {
    const args = [2, "y"] as const;
    expect(new Thread({ target: w.typed, args }).start().result(LONG)).toBe("yy");
  });

  it("threads of all types are assignable to Thread", () => {
    const all: Thread[] = [
      new Thread({ target: w.square, args: [1] }),
      new w.MyThread(1),
      new Runner("x"),
      new Thread(),
    ];
    expect(all.every((thread) => thread instanceof Thread)).toBe(true);
  });

  it("a Local has its declared attributes", () => {
    const local = new Local<{ user?: string }>();
    expectTypeOf(local.user).toEqualTypeOf<string | undefined>();
    local.user = "x";
    expect(local.user).toBe("x");
  });

  it("wrong arguments that pass the types fail with an error that names them", () => {
    quiet();
    const thread = new Thread({ target: w.signal, args: [5 as never] }).start();
    expect(thrownBy(() => thread.result(LONG))).toBeInstanceOf(TypeError);
    expect(new Thread({ target: w.signal, args: [newFlags()] }).start().result(LONG)).toBeUndefined();
  });
});
