/** Fields of subclasses with the names of Thread's accessors: Python reads such attributes, and so does Thread. */
import { enumerate, type Thread } from "@x/thread";
import { LONG, thrownBy, watchdog } from "@x/testkit";
import { describe, expect, it } from "vitest";
import * as w from "./fields.workers.mjs";

watchdog();

describe("a field of a subclass", () => {
  it("named daemon makes a daemon", () => {
    const thread = new w.Background();
    expect(thread.daemon).toBe(true);
    expect(String(thread)).toMatch(/^<Background\(Thread-\d+, initial daemon\)>$/);
    expect(thread.start().result(LONG)).toEqual([true, thread.name]);
    expect(thread.daemon).toBe(true);
    expect(() => (thread.daemon = false)).toThrow(/cannot set daemon status/);
  });

  it("named name names the thread, and does not travel as a field", () => {
    const thread = new w.Named();
    expect(thread.name).toBe("by a field");
    expect(thread.start().result(LONG)).toEqual([false, "by a field"]);
    expect({ ...thread }).toEqual({ kept: 2 });
    thread.name = "renamed";
    expect(thread.getName()).toBe("renamed");
  });

  it("without a value has no effect", () => {
    const thread = new w.Declared().start();
    expect(thread.result(LONG)).toEqual([false, expect.stringMatching(/^Thread-\d+$/)]);
    expect(thread.name).toMatch(/^Thread-\d+$/);
  });

  it("may be a getter, which start reads", () => {
    const thread = new w.Overriding().start();
    expect(thread.result(LONG)).toEqual([true, "by a getter"]);
  });

  it.each([
    ["ident", w.Numbered],
    ["nativeId", w.Native],
  ] as [string, new () => Thread][])("named %s makes start throw", (name, Class) => {
    const before = enumerate().length;
    const error = thrownBy(() => new Class().start());
    expect(error).toBeInstanceOf(TypeError);
    expect((error as Error).message).toBe(
      `thread: the field ${name} of class ${Class.name} hides the thread's own ${name}; give the field another name`,
    );
    expect(enumerate()).toHaveLength(before);
  });

  it("named daemon with another value makes start throw; start succeeds after the correction", () => {
    const thread = new w.Undecided();
    expect(() => thread.start()).toThrow(/^thread: daemon must be true or false, got "yes"$/);
    thread.daemon = true;
    expect(thread.start().join(LONG)).toBe(true);
  });

  it("with the name of an accessor of the user's class arrives as a field, and returns as a field", () => {
    const thread = new w.Totalling().start();
    expect(thread.result(LONG)).toBe(6);
    expect(thread.total).toBe(6);
  });
});
