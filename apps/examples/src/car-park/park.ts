/** The shared state of all threads: the spaces, the counts, the start and the end. */
import type { Barrier } from "@x/barrier";
import { Event } from "@x/event";
import { Lock } from "@x/lock";
import { Semaphore } from "@x/semaphore";
import { expose } from "@x/thread";
import { IN, OUT } from "./image.js";

/** The counts of a camera. */
export interface Counts {
  readonly in: number;
  readonly out: number;
  /** How many cars came in and left again, because the car park closed before a space was free. */
  readonly turnedAway: number;
  /** How many cars gave their space back when they left. */
  readonly freed: number;
  readonly frames: number;
}

const [TURNED_AWAY, FREED, FRAMES, COLUMNS] = [2, 3, 4, 5];

/** How often a waiting driver checks whether the car park has closed. */
const CHECK_CLOSED_MS = 50;

export class CarPark {
  /** The free spaces. A car takes one when it comes in, and gives it back when it leaves. */
  readonly spaces: Semaphore;
  /** Set after the last car has left: waiting for a space is useless from then on. */
  readonly closed = new Event();
  private readonly counts: Int32Array;
  private readonly lock = new Lock();

  /** @param start all threads meet there before they begin */
  constructor(
    spaces: number,
    readonly cameras: number,
    readonly start: Barrier,
  ) {
    this.spaces = new Semaphore(spaces);
    this.counts = new Int32Array(new SharedArrayBuffer(cameras * COLUMNS * Int32Array.BYTES_PER_ELEMENT));
  }

  /** Closes the car park: no car leaves any more, so waiting drivers get no space. */
  close(): void {
    this.lock.with(() => this.closed.set());
  }

  /** Calls `start` unless the car park is closed. It stays open meanwhile. */
  ifOpen(start: () => void): void {
    this.lock.with(() => {
      if (!this.closed.isSet()) start();
    });
  }

  /** A car comes in and waits for a space. @returns false if it is turned away */
  enter(camera: number): boolean {
    this.count(camera, IN);
    for (;;) {
      const isClosed = this.closed.isSet();
      if (this.spaces.acquire(isClosed ? 0 : CHECK_CLOSED_MS)) return true;
      if (isClosed) break;
    }
    this.count(camera, TURNED_AWAY);
    return false;
  }

  /** A car leaves. */
  leave(camera: number, hadSpace: boolean): void {
    this.count(camera, OUT);
    if (!hadSpace) return;
    this.count(camera, FREED);
    this.spaces.release();
  }

  countFrame(camera: number): void {
    this.count(camera, FRAMES);
  }

  /** The counts of all cameras, from the same moment. */
  get state(): Counts[] {
    return this.lock.with(() => this.read());
  }

  /** {@link state} for a page, because a page must not block. */
  stateAsync(): Promise<Counts[]> {
    return this.lock.withAsync(() => this.read());
  }

  private read(): Counts[] {
    return Array.from({ length: this.cameras }, (_, camera) => ({
      in: this.counts[camera * COLUMNS + IN] as number,
      out: this.counts[camera * COLUMNS + OUT] as number,
      turnedAway: this.counts[camera * COLUMNS + TURNED_AWAY] as number,
      freed: this.counts[camera * COLUMNS + FREED] as number,
      frames: this.counts[camera * COLUMNS + FRAMES] as number,
    }));
  }

  private count(camera: number, column: number): void {
    const at = camera * COLUMNS + column;
    this.lock.with(() => (this.counts[at] = (this.counts[at] as number) + 1));
  }
}
expose({ CarPark });

/** The sum of several cameras' counts. */
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
