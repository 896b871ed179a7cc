import { Scratch } from "@x/core/internal";
import { watchdog } from "@x/testkit";
import { describe, expect, it } from "vitest";

watchdog();

describe("Scratch", () => {
  it.each([0, 1, 255, 256, 4096, 4097, 5001, 2 ** 20 + 1, 2 ** 21])(
    "gives %i bytes that begin with its words",
    (length) => {
      const scratch = new Scratch();
      const bytes = scratch.take(length);
      expect(bytes).toHaveLength(length);
      const words = scratch.wordsOf(bytes)!;
      words[0] = 0x01010101;
      expect(bytes[0]).toBe(length === 0 ? undefined : 1);
      expect(words.byteLength).toBeGreaterThanOrEqual(length);
    },
  );

  it("gives the same memory again after giveBack", () => {
    const scratch = new Scratch();
    const first = scratch.take(10);
    scratch.giveBack(first);
    expect(scratch.take(10)).toBe(first);
  });

  it("gives bytes of their own while its memory is in use", () => {
    const scratch = new Scratch();
    const first = scratch.take(10);
    const second = scratch.take(10);
    expect(second.buffer).not.toBe(first.buffer);
    expect(scratch.wordsOf(second)).toBe(undefined);
    scratch.giveBack(second);
    expect(scratch.wordsOf(first)).not.toBe(undefined);
  });

  it("keeps no memory for more than 2 MiB", () => {
    const scratch = new Scratch();
    expect(scratch.wordsOf(scratch.take(2 ** 21 + 1))).toBe(undefined);
    expect(scratch.take(8)).toHaveLength(8);
  });
});
