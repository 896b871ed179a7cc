/** The frames between a camera's reader and its judge: a few slots in shared memory. */
import { Condition } from "@x/condition";
import { Lock } from "@x/lock";
import { expose } from "@x/thread";
import { type Picture, PIXELS } from "./image.js";

const SLOTS = 4;

const [PUT, TAKEN, ENDED] = [0, 1, 2];

export class FrameQueue {
  private readonly pictures = new Uint8ClampedArray(new SharedArrayBuffer(SLOTS * PIXELS));
  /** Counts of put and taken frames, and the flag for the end. */
  private readonly state = new Int32Array(new SharedArrayBuffer(3 * Int32Array.BYTES_PER_ELEMENT));
  private readonly lock = new Lock();
  private readonly notFull = new Condition(this.lock);
  private readonly notEmpty = new Condition(this.lock);

  /**
   * Waits for a free slot, and draws the next frame there. The lock is free meanwhile, because no
   * other thread uses the slot.
   */
  put(draw: (picture: Picture) => void): void {
    this.lock.with(() => this.notFull.waitFor(() => this.at(PUT) - this.at(TAKEN) < SLOTS));
    draw(this.slot(this.at(PUT)));
    this.change(PUT, this.notEmpty);
  }

  /** Marks the end of the frames. */
  end(): void {
    this.change(ENDED, this.notEmpty);
  }

  /** Waits for the next frame, and passes it to `look`. @returns false after the last frame */
  take(look: (picture: Picture) => void): boolean {
    this.lock.with(() => this.notEmpty.waitFor(() => this.at(PUT) > this.at(TAKEN) || this.at(ENDED) > 0));
    if (this.at(PUT) === this.at(TAKEN)) return false;
    look(this.slot(this.at(TAKEN)));
    this.change(TAKEN, this.notFull);
    return true;
  }

  private at(what: number): number {
    return this.state[what] as number;
  }

  private change(what: number, waitedFor: Condition<Lock>): void {
    this.lock.with(() => {
      this.state[what] = this.at(what) + 1;
      waitedFor.notify();
    });
  }

  private slot(frame: number): Picture {
    const at = (frame % SLOTS) * PIXELS;
    return this.pictures.subarray(at, at + PIXELS);
  }
}
expose({ FrameQueue });
