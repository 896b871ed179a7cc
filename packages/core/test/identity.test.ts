import { getIdent } from "@x/core";
import { IDENT_MAX } from "@x/core/internal";
import { bunch, runScript, watchdog } from "@x/testkit";
import { describe, expect, it } from "vitest";

watchdog();

describe("getIdent", () => {
  const inWorkers = (n: number): number[] =>
    bunch(
      n,
      async (core, me) => {
        const { getIdent } = (await me.load(core)) as { getIdent(): number };
        return getIdent() === getIdent() ? getIdent() : -1;
      },
      [import.meta.resolve("@x/core")],
      { fresh: true },
    ).join();

  it("returns an odd number in each plain worker, and never returns one twice", () => {
    const seen = [getIdent(), ...inWorkers(3), ...inWorkers(3), ...inWorkers(2)];
    expect(new Set(seen).size).toBe(9);
    for (const ident of seen) {
      expect(ident % 2).toBe(1);
      expect(ident).toBeGreaterThan(0);
      expect(ident).toBeLessThanOrEqual(IDENT_MAX);
    }
  });

  it("returns the same number at each call", () => {
    expect(getIdent()).toBe(getIdent());
  });

  it("returns 1 in the main thread of a process", async () => {
    const { stdout } = await runScript('import { getIdent } from "@x/core"; console.log(getIdent());');
    expect(stdout).toBe("1\n");
  });

  it("returns a number that fits into a word beside two marks and the sign", () => {
    expect((IDENT_MAX << 2) >> 2).toBe(IDENT_MAX);
    expect(IDENT_MAX << 2).toBeGreaterThan(0);
  });
});
