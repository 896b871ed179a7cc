/**
 * A game at 60 frames a second: one thread for the input, one for the network, one for the graphics, in step by a Barrier.
 * What they tell each other lies in shared memory, and needs no lock: each word has one writer, who writes it before all meet,
 * and is read after that.
 */
import { Barrier } from "@x/barrier";
import { expose, sleep, Thread } from "@x/thread";
import Table from "cli-table3";
import pc from "picocolors";

const FRAMES_PER_SECOND = 60;
const FRAME_MS = 1000 / FRAMES_PER_SECOND;

/** What the threads share: where the player steers, where the other player is, and the number of the frame. */
const [STEERING, OTHER, FRAME, WORDS] = [0, 1, 2, 3];

/** Runs each frame in two halves: first all prepare it, then all look at what the others have prepared. */
abstract class Part extends Thread {
  /** The numbers of the frames as this thread saw them. */
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
    this.done.wait(); // all are there
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
    this.world[OTHER] = frame % 100; // as if a packet had come
  }
}

class Graphics extends Part {
  player = 0;
  /** When each picture was shown. */
  readonly shown: number[] = [];
  began = 0;

  /** The screen sets the pace: waits for the next refresh. All moments come from the first, so that no error adds up. */
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

expose(import.meta, { Input, Network, Graphics });

export function main(frames = 120): number {
  const world = new Int32Array(new SharedArrayBuffer(WORDS * Int32Array.BYTES_PER_ELEMENT));
  const [prepared, done] = [new Barrier(3), new Barrier(3)];
  const shared = [world, frames, prepared, done] as const;
  const graphics = new Graphics("graphics", ...shared);
  const parts = [graphics, new Input("input", ...shared), new Network("network", ...shared)];
  for (const part of parts) part.start();
  for (const part of parts) part.join(); // then their fields have come home

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
