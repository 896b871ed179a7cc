/**
 * A game at 60 frames a second. Three threads (input, network, graphics) stay in step by a Barrier.
 * Their shared words need no lock: each has a single writer, writing before the barrier, and all
 * reads come after it.
 */
import { Barrier } from "@x/barrier";
import { expose, sleep, Thread } from "@x/thread";
import Table from "cli-table3";
import pc from "picocolors";

const FRAMES_PER_SECOND = 60;
const FRAME_MS = 1000 / FRAMES_PER_SECOND;

/** The shared words: the player's direction, the other player's position, and the frame's number. */
const [STEERING, OTHER, FRAME, WORDS] = [0, 1, 2, 3];

/** Runs each frame in two halves: first all threads write, then all read. */
abstract class Part extends Thread {
  /** The numbers of the frames in this thread's view. */
  readonly seen: number[] = [];

  constructor(
    name: string,
    readonly world: Int32Array,
    readonly frames: number,
    readonly prepared: Barrier,
    readonly done: Barrier,
  ) {
    super({ name });
  }

  abstract prepare(frame: number): void;

  finish(): void {}

  override run(): void {
    this.done.wait(); // all threads are there
    for (let frame = 1; frame <= this.frames; frame++) {
      this.prepare(frame);
      this.prepared.wait();
      this.seen.push(this.world[FRAME] as number);
      this.finish();
      this.done.wait();
    }
  }
}

class Input extends Part {
  override prepare(frame: number): void {
    this.world[STEERING] = Math.floor(frame / 30) % 2 === 0 ? 1 : -1; // right for half a second, then left
  }
}

class Network extends Part {
  override prepare(frame: number): void {
    this.world[OTHER] = frame % 100; // like a received packet
  }
}

class Graphics extends Part {
  player = 0;
  /** The time of each picture. */
  readonly shown: number[] = [];
  began = 0;

  /**
   * Sets the pace like a screen: waits for the next refresh. All times count from the first, so
   * errors do not add up.
   */
  override prepare(frame: number): void {
    if (frame === 1) this.began = performance.now();
    const due = this.began + frame * FRAME_MS;
    sleep(Math.max(0, due - performance.now()));
    this.world[FRAME] = frame;
  }

  override finish(): void {
    this.player += this.world[STEERING] as number;
    this.shown.push(performance.now());
  }
}

expose({ Input, Network, Graphics });

export function main(frames = 120): number {
  const world = new Int32Array(new SharedArrayBuffer(WORDS * Int32Array.BYTES_PER_ELEMENT));
  const [prepared, done] = [new Barrier(3), new Barrier(3)];
  const shared = [world, frames, prepared, done] as const;
  const graphics = new Graphics("graphics", ...shared);
  const parts = [graphics, new Input("input", ...shared), new Network("network", ...shared)];
  for (const part of parts) part.start();
  for (const part of parts) part.join(); // then their fields have come back

  const head = ["thread", "frames", "first", "last"].map((title) => pc.bold(title));
  const table = new Table({ head, style: { head: [], border: [] }, colAligns: ["left", "right", "right", "right"] });
  for (const { name, seen } of parts) table.push([name, seen.length, seen[0] ?? "", seen.at(-1) ?? ""]);
  console.log(table.toString());

  const agree = parts.every(({ seen }) => seen.length === frames && seen.every((frame, i) => frame === i + 1));
  console.log(`frame numbers agree in all three: ${agree ? "yes" : "no"}`);
  const { shown, began } = graphics;
  const rate = (1000 * frames) / ((shown.at(-1) as number) - began);
  const longest = shown.reduce((longest, time, i) => Math.max(longest, time - (shown[i - 1] ?? began)), 0);
  console.log(`${rate.toFixed(1)} frames a second, the longest took ${longest.toFixed(1)} ms`);
  console.log(`the player has come to ${graphics.player}, the other is at ${world[OTHER]}`);
  return agree ? 0 : 1;
}
