/** Targets of other threads: exposed functions and objects, and the text of functions. */
import { expose, pack, unpack } from "@x/core";
import {
  callableName,
  callTransferred,
  isTarget,
  type TransferableCallable,
  transferableCallable,
} from "@x/core/internal";
import { thrownBy, watchdog } from "@x/testkit";
import { afterEach, describe, expect, it, vi } from "vitest";

watchdog();
afterEach(() => {
  vi.restoreAllMocks();
});

function known(a: number, b: number): number {
  return a - b;
}
class Counter {
  count = 1;
  call(by: number): number {
    return (this.count += by);
  }
}
expose({ known, Counter });

/** Sends the target by structured clone, and returns the copy. */
function sent(target: TransferableCallable): TransferableCallable {
  return unpack<TransferableCallable>(structuredClone(pack(transferableCallable(target, "test"))));
}

/** Declared, but defined nowhere. The tests look for this name in messages. */
declare const missing: () => number;

describe("an exposed target", () => {
  it("travels as itself", () => {
    const counter = new Counter();
    expect(transferableCallable(known, "test")).toBe(known);
    expect(transferableCallable(counter, "test")).toBe(counter);
  });

  it("is called with all arguments; an object is called by its method `call`, with itself as `this`", () => {
    expect(callTransferred(sent(known), [7, 5])).toBe(2);
    const counter = sent(new Counter());
    expect([callTransferred(counter, [2]), callTransferred(counter, [3])]).toEqual([3, 6]);
  });
});

describe("a function that was not exposed", () => {
  const functions: Record<string, (a: number, b: number) => unknown> = {
    function: function (a, b) {
      return a - b;
    },
    arrow: (a, b) => a - b,
    method(a, b) {
      return a - b;
    },
    ["comp" + "uted"](a, b) {
      return a - b;
    },
  };
  it.each(Object.entries(functions))("travels as its text: a %s", (_, f) => {
    expect(callTransferred(sent(f), [7, 5])).toBe(2);
  });

  it("travels even if it is async, or a generator", async () => {
    const { later, all } = {
      async later(a: number) {
        return Promise.resolve(a);
      },
      *all(a: number) {
        yield a;
      },
    };
    await expect(callTransferred(sent(later), [5])).resolves.toBe(5);
    expect([...(callTransferred(sent(all), [5]) as Iterable<number>)]).toEqual([5]);
  });

  it("is wrapped once, even if it is made transferable twice", () => {
    const once = transferableCallable(() => 1, "test");
    expect(transferableCallable(once, "test")).toBe(once);
  });

  it("is re-created once, even if it is called several times", () => {
    const counting = function counting(): number {
      const self = counting as typeof counting & { calls?: number };
      return (self.calls = (self.calls ?? 0) + 1);
    };
    expect([callTransferred(sent(counting), []), callTransferred(sent(counting), [])]).toEqual([1, 2]);
  });

  it(`may contain the words "native code"`, () => {
    expect(
      callTransferred(
        sent(() => "{ [native code] }"),
        [],
      ),
    ).toBe("{ [native code] }");
  });

  it.each([
    ["bound", () => known.bind(null), "function bound known"],
    ["built in", () => Math.max, "function max"],
  ])("is refused if it is %s, because it has no text", (_, make, what) => {
    const error = thrownBy(() => transferableCallable(make(), "test"));
    expect(error).toBeInstanceOf(TypeError);
    expect((error as Error).message).toBe(
      `test: ${what} is built in or bound, and has no text; wrap it in a function and expose that`,
    );
  });

  it.each(["{[native code]}", "{\n    [native code]\n}\n", "{ [native code] }  "])(
    "is refused in each notation of engines: %j",
    (body) => {
      vi.spyOn(Function.prototype, "toString").mockReturnValue(`function f() ${body}`);
      expect(() => transferableCallable(() => 1, "test")).toThrow("is built in or bound");
    },
  );

  it("throws when it is called if its text is not that of a function: a private method", () => {
    class Secretive {
      #hidden(): void {}
      get hidden(): () => void {
        return this.#hidden;
      }
    }
    const error = thrownBy(() => callTransferred(transferableCallable(new Secretive().hidden, "test"), []));
    expect(error).toBeInstanceOf(TypeError);
    expect((error as Error).message).toBe(
      "core: #hidden cannot be re-created from its text; expose({ #hidden }) in the module that defines it",
    );
    const [[key]] = Object.entries(transferableCallable(() => 1, "test")) as [[string, string]];
    expect(() => callTransferred({ [key]: "]", name: "" } as never, [])).toThrow(
      "core: the function cannot be re-created from its text; name it, and expose({ itsName })",
    );
  });

  it("throws or rejects with the reason why it cannot see the variables around it", async () => {
    const why = (name: string, cure: string): string =>
      `missing is not defined; ${name} was not exposed, so it was re-created from its text and sees no imports and ` +
      `no variables around it: ${cure}`;
    const named = (): number => missing();
    const late = async (): Promise<number> => Promise.resolve(missing());
    const cure = (name: string): string => `expose({ ${name} }) in the module that defines it`;
    const error = thrownBy(() => callTransferred(sent(named), []));
    expect(error).toBeInstanceOf(ReferenceError);
    expect((error as Error).message).toBe(why("named", cure("named")));
    await expect(callTransferred(sent(late), [])).rejects.toThrow(why("late", cure("late")));
    expect(() => callTransferred(sent([() => missing()][0]!), [])).toThrow(
      why("the function", "name it, and expose({ itsName })"),
    );
  });

  it("throws with that reason even if its text fails before the call", () => {
    const [[key]] = Object.entries(transferableCallable(() => 1, "test")) as [[string, string]];
    const text = "class Heir extends missing {}";
    expect(() => callTransferred({ [key]: text, name: "Heir" } as never, [])).toThrow(
      "missing is not defined; Heir was not exposed, so it was re-created from its text",
    );
  });

  it("throws or rejects with its own errors unchanged", async () => {
    const throwing = (): never => {
      throw new RangeError("mine");
    };
    const rejecting = async (): Promise<never> => Promise.reject(new RangeError("mine"));
    expect((thrownBy(() => callTransferred(sent(throwing), [])) as Error).message).toBe("mine");
    await expect(callTransferred(sent(rejecting), [])).rejects.toThrow(/^mine$/);
  });
});

describe("a function re-created from its text", () => {
  let total = 0;

  it("runs in strict mode, in every form: this is undefined, and writing to a frozen object throws", () => {
    const { method, getter } = {
      method(): unknown {
        return this;
      },
      getter: Object.getOwnPropertyDescriptor(
        {
          get field(): unknown {
            return this;
          },
        },
        "field",
      )!.get!,
    };
    for (const f of [
      method,
      getter,
      function (this: unknown) {
        return this;
      },
    ]) {
      // prettier-ignore
      expect(callTransferred(sent(f), [])).toBeUndefined();
    }
    expect(() =>
      callTransferred(
        sent(() => (Object.freeze([] as number[]) as number[]).push(1)),
        [],
      ),
    ).toThrow(TypeError);
    expect(() =>
      callTransferred(
        sent(() => ((Object.freeze({ a: 1 }) as { a: number }).a = 2)),
        [],
      ),
    ).toThrow(TypeError);
  });

  it("throws on an assignment to an outer variable, and leaves no global behind", async () => {
    const add = (): number => (total += 1);
    const put = (): number => (total = 5);
    const later = async (): Promise<number> => Promise.resolve((total = 7));
    for (const f of [add, put]) {
      expect(() => callTransferred(sent(f), [])).toThrow(
        `total is not defined; ${f.name} was not exposed, so it was re-created from its text and sees no imports and no ` +
          `variables around it: expose({ ${f.name} })`,
      );
    }
    await expect(callTransferred(sent(later), [])).rejects.toThrow("later was not exposed");
    expect([total, "total" in globalThis]).toEqual([0, false]);
  });

  it("throws with the reason that it lost its object, if it is a method that needs the object", () => {
    class Account {
      balance = 0;
      deposit(by: number): number {
        return (this.balance += by);
      }
      empty(): void {
        this.balance = 0;
      }
      halves(): number {
        const { balance } = this;
        return balance / 2;
      }
    }
    const { deposit, empty, halves } = Account.prototype;
    for (const f of [deposit, empty, halves] as ((by: number) => unknown)[]) {
      expect(() => callTransferred(sent(f), [1])).toThrow(
        `${f.name} was not exposed, so it was re-created from its text, without the object that it is a method of, and \`this\` is ` +
          `undefined: expose the class, and send the object as an argument`,
      );
    }
  });

  it("throws other errors without that reason", () => {
    const other = (o: { x?: { y: number } }): unknown => o.x!.y;
    const early = (): number => {
      const f = (): number => late;
      const first = f();
      const late = 1;
      return first;
    };
    for (const f of [other, early]) {
      const { message } = thrownBy(() => callTransferred(sent(f), [{}])) as Error;
      expect(message).not.toContain("was not exposed");
    }
  });

  it("throws with a hint if the global of a name may stand in for an import", () => {
    const f = (): unknown => new (Event as never as new () => unknown)();
    expect(() => callTransferred(sent(f), [])).toThrow(
      "f was not exposed, so it was re-created from its text and sees no imports: Event is the global of that name there; expose(",
    );
  });

  it.each([
    ["__name", "esbuild (tsx, tsup, or another tool that uses it)"],
    ["__publicField", "esbuild (tsx, tsup, or another tool that uses it)"],
    ["import_node_fs", "esbuild (tsx, tsup, or another tool that uses it)"],
    ["cov_1a2b3c4d5e", "Istanbul (nyc, or a test runner that measures coverage)"],
    ["__vite_ssr_import_0__", "Vite (or Vitest)"],
    ["__vi_import_0__", "Vite (or Vitest)"],
    ["_jsx", "the compiler of JSX"],
    ["__awaiter", "TypeScript"],
    ["node_fs_1", "TypeScript"],
    ["_asyncToGenerator", "Babel (or SWC)"],
    ["stryMutAct_9fa48", "Stryker"],
    ["_utils__WEBPACK_IMPORTED_MODULE_0__", "webpack"],
  ])("names the tool that inserted %s", (helper, tool) => {
    // eslint-disable-next-line @typescript-eslint/no-implied-eval -- hides the name from tools
    const f = new Function(`return ${helper}(1)`) as () => unknown;
    expect(() => callTransferred(sent(f), [])).toThrow(
      `${helper} is not defined; ${tool} put ${helper} there when it compiled the function; anonymous was not exposed`,
    );
  });
});

describe("a program without a file", () => {
  const url = "file:///home/[eval1]";
  function typed(a: number): number {
    return a + 1;
  }
  class Typed {
    x = 1;
  }
  expose(url, { typed, Typed });

  it("sends its functions as targets by their text", () => {
    expect(callTransferred(sent(typed), [1])).toBe(2);
  });

  it("cannot send functions and objects as values; the error names the cure", () => {
    for (const one of [typed, new Typed()]) {
      expect(() => pack({ one }, "args")).toThrow(
        /^core: args\.one is .*, exposed by a program that stands in no file, .*\[eval1\], and cannot .*; save the program in a file/,
      );
    }
  });
});

it("an object with its own call and no class is refused, with a cure of its own", () => {
  for (const target of [{ call: () => 1 }, Object.assign(Object.create(null) as object, { call: () => 1 })]) {
    expect(() => transferableCallable(target as never, "test")).toThrow(
      "test: the target is an object with a call of its own, and no class to find that by; make the function itself the target, or " +
        "write a class with a call method, and expose that",
    );
  }
});

it("a function in a field of an object is refused; the cure is a method", () => {
  class Tool {
    run = (): number => 1;
  }
  expose({ Tool });
  expect(() => pack([new Tool()], "args")).toThrow(
    "core: args[0].run is a function in a field, and cannot travel to another thread; make it a method of class Tool, run() { … }",
  );
});

it("an object of a class that was not exposed is refused, with the cure", () => {
  class Unknown {
    call(): number {
      return 1;
    }
  }
  const error = thrownBy(() => transferableCallable(new Unknown(), "test"));
  expect(error).toBeInstanceOf(TypeError);
  expect((error as Error).message).toBe(
    "test: the target is an object of class Unknown, which was not exposed; expose({ Unknown })",
  );
});

it("isTarget is true for a function, and for an object with a method `call`", () => {
  for (const one of [known, () => 1, new Counter(), { call: () => 1 }]) expect(isTarget(one)).toBe(true);
  for (const one of [undefined, null, 5, "text", {}, { call: 5 }]) expect(isTarget(one)).toBe(false);
});

it(`callableName returns the name of a function or of the class of an object, and "" for a function named target`, () => {
  const { target } = { target: () => 1 };
  expect(callableName(known)).toBe("known");
  expect(callableName(target)).toBe("");
  expect(callableName(new Counter())).toBe("Counter");
  expect(callableName({})).toBe("Object");
  for (const one of [undefined, null, 5n, Object.create(null), { constructor: 5 }, { constructor: { name: "No" } }])
    expect(callableName(one)).toBe(one === 5n ? "BigInt" : "");
});
