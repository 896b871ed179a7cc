/** What all threads share: the spaces, the counts, and when it begins and ends. */
import type { Barrier } from "@x/barrier";
import { Event } from "@x/event";
import { Lock } from "@x/lock";
import { Semaphore } from "@x/semaphore";
import { expose } from "@x/thread";
import { IN, OUT } from "./image.js";

/** What a camera has counted. */
export interface Counts {
  readonly in: number;
  readonly out: number;
  /** How many of those who came in found no space, and the car park closed. */
  readonly turnedAway: number;
  /** How many of those who went out left a free space behind. */
  readonly freed: number;
  readonly frames: number;
}

const [TURNED_AWAY, FREED, FRAMES, COLUMNS] = [2, 3, 4, 5];

/** How often a driver who waits for a space asks whether it is worth it. */
const PATIENCE_MS = 50;

export class CarPark {
  /** The free spaces; a car that comes in takes one, a car that leaves gives it back. */
  readonly spaces: Semaphore;
  /** Set when nobody will leave any more: who waits for a space then waits in vain. */
  readonly closed = new Event();
  private readonly counts: Int32Array;
  private readonly lock = new Lock();

  /** @param start where all threads meet before they begin */
  constructor(
    spaces: number,
    readonly cameras: number,
    readonly start: Barrier,
  ) {
    this.spaces = new Semaphore(spaces);
    this.counts = new Int32Array(new SharedArrayBuffer(cameras * COLUMNS * Int32Array.BYTES_PER_ELEMENT));
  }

  /** Nobody leaves any more: drivers who still wait for a space will not get one. */
  close(): void {
    this.lock.with(() => this.closed.set());
  }

  /** Calls it unless the car park is closed, which it is not meanwhile. */
  ifOpen(start: () => void): void {
    this.lock.with(() => {
      if (!this.closed.isSet()) start();
    });
  }

  /** A car has come in, and waits for a space. @returns false if it is turned away */
  enter(camera: number): boolean {
    this.count(camera, IN);
    for (;;) {
      const isClosed = this.closed.isSet();
      if (this.spaces.acquire(isClosed ? 0 : PATIENCE_MS)) return true;
      if (isClosed) break;
    }
    this.count(camera, TURNED_AWAY);
    return false;
  }

  /** A car has gone. */
  leave(camera: number, hadSpace: boolean): void {
    this.count(camera, OUT);
    if (!hadSpace) return;
    this.count(camera, FREED);
    this.spaces.release();
  }

  countFrame(camera: number): void {
    this.count(camera, FRAMES);
  }

  /** What each camera has counted, as it stands at one moment. */
  get state(): Counts[] {
    return this.lock.with(() =>
      Array.from({ length: this.cameras }, (_, camera) => ({
        in: this.counts[camera * COLUMNS + IN] as number,
        out: this.counts[camera * COLUMNS + OUT] as number,
        turnedAway: this.counts[camera * COLUMNS + TURNED_AWAY] as number,
        freed: this.counts[camera * COLUMNS + FREED] as number,
        frames: this.counts[camera * COLUMNS + FRAMES] as number,
      })),
    );
  }

  private count(camera: number, column: number): void {
    const at = camera * COLUMNS + column;
    this.lock.with(() => (this.counts[at] = (this.counts[at] as number) + 1));
  }
}
expose(import.meta, { CarPark });

/** The counts of several cameras, together. */
export function total(counts: readonly Counts[]): Counts {
  const sum = (of: (counts: Counts) => number): number => counts.reduce((total, one) => total + of(one), 0);
  return {
    in: sum((one) => one.in),
    out: sum((one) => one.out),
    turnedAway: sum((one) => one.turnedAway),
    freed: sum((one) => one.freed),
    frames: sum((one) => one.frames),
  };
}
