import { newRing, nextRecord, readRecord, wakeReader, writeRecord } from "@x/core/internal";
import { describe, expect, it } from "vitest";

const bytesOf = (...values: number[]): Uint8Array => Uint8Array.from(values);

describe("a ring", () => {
  it("gives each record once, in order, with its kind and its bytes", () => {
    const ring = newRing();
    expect(readRecord(ring)).toBeUndefined();
    writeRecord(ring, 1, bytesOf(1, 2, 3));
    writeRecord(ring, 2, bytesOf());
    writeRecord(ring, 3, bytesOf(4, 5, 6, 7, 8));
    expect([readRecord(ring), readRecord(ring), readRecord(ring), readRecord(ring)]).toEqual([
      { kind: 1, bytes: bytesOf(1, 2, 3) },
      { kind: 2, bytes: bytesOf() },
      { kind: 3, bytes: bytesOf(4, 5, 6, 7, 8) },
      undefined,
    ]);
  });

  it("grows for records without room, and keeps the unread records", () => {
    const ring = newRing();
    const before = ring.byteLength;
    const large = new Uint8Array(100_000).map((_, i) => i);
    writeRecord(ring, 1, bytesOf(9));
    writeRecord(ring, 2, large);
    expect(ring.byteLength).toBeGreaterThan(before);
    expect(readRecord(ring)?.bytes).toEqual(bytesOf(9));
    expect(readRecord(ring)?.bytes).toEqual(large);
  });

  it("starts from the beginning when it is empty, so many records take no more memory", () => {
    const ring = newRing();
    const before = ring.byteLength;
    for (let kind = 0; kind < 10_000; kind++) {
      writeRecord(ring, kind, bytesOf(kind % 256));
      expect(readRecord(ring)?.kind).toBe(kind);
    }
    expect(ring.byteLength).toBe(before);
  });

  it("goes on counting when its counters overflow", () => {
    const ring = newRing();
    new Int32Array(ring).fill(2 ** 31 - 4, 0, 3); // TAIL, HEAD and BASE, as after 8 GiB
    for (let kind = 0; kind < 10; kind++) writeRecord(ring, kind, bytesOf(kind));
    for (let kind = 0; kind < 10; kind++) expect(readRecord(ring)).toEqual({ kind, bytes: bytesOf(kind) });
  });

  it("refuses a record that is larger than it may become, and goes on", () => {
    const ring = newRing();
    expect(writeRecord(ring, 1, new Uint8Array(64 << 20))).toBe(false);
    expect(readRecord(ring)).toBeUndefined();
    expect(writeRecord(ring, 2, bytesOf(1))).toBe(true);
    expect(readRecord(ring)?.kind).toBe(2);
  });

  it("wakes a reader that waits for the next record, and returns no promise if a record is there", async () => {
    const ring = newRing();
    const next = nextRecord(ring);
    expect(next).toBeInstanceOf(Promise);
    writeRecord(ring, 1, bytesOf());
    await next;
    expect(nextRecord(ring)).toBeUndefined();
  });

  it("wakes a reader that stops", async () => {
    const ring = newRing();
    const next = nextRecord(ring);
    wakeReader(ring);
    await next;
    expect(readRecord(ring)).toBeUndefined();
  });
});
