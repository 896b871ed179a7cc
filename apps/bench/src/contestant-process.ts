/** A contestant at a point: its process while it runs, and its samples or its problem. */
import type { Command } from "./commands.js";
import { Peer } from "./peer.js";
import { Missing, type Sample } from "./row.js";

/** Missing: this machine lacks a program or a package. Failed: it should have worked. */
export interface Problem {
  readonly kind: "missing" | "failed";
  readonly why: string;
}

/** The result of a contestant at a point. */
export interface Entry {
  readonly contestant: string;
  /** One sample per round; empty if there is a problem. */
  readonly samples: readonly Sample[];
  readonly problem?: Problem;
}

/** 90 s: a process that is not ready by then is killed. */
const START_TIMEOUT_MS = 90_000;

export class ContestantProcess {
  readonly #contestant: string;
  readonly #timeoutMs: number;
  readonly #samples: Sample[] = [];
  #command: Command | undefined;
  #peer: Peer | undefined;
  #problem: Problem | undefined;

  /**
   * @param command returns the command, or throws why there is none
   * @param timeoutMs a longer turn is ended
   */
  constructor(contestant: string, command: () => Command, timeoutMs: number) {
    this.#contestant = contestant;
    this.#timeoutMs = timeoutMs;
    try {
      this.#command = command();
    } catch (error) {
      this.fail(error);
    }
  }

  get hasFailed(): boolean {
    return this.#problem !== undefined;
  }

  get pid(): number | undefined {
    return this.#peer?.pid;
  }

  /** Starts the process, unless it runs. */
  async start(): Promise<Peer> {
    return (this.#peer ??= await Peer.start(this.#command!, START_TIMEOUT_MS, this.#timeoutMs));
  }

  async measure(ms: number): Promise<Sample> {
    const peer = await this.start();
    return peer.measure(ms);
  }

  keep(sample: Sample): void {
    this.#samples.push(sample);
  }

  /** Ends the process. */
  leave(): void {
    this.#peer?.close();
    this.#peer = undefined;
  }

  /** Records the problem. The contestant takes no further part. */
  fail(error: unknown): void {
    this.leave();
    const why = error instanceof Error ? error.message : String(error);
    this.#problem = { kind: error instanceof Missing ? "missing" : "failed", why };
  }

  get entry(): Entry {
    const contestant = this.#contestant;
    if (this.#problem !== undefined) return { contestant, samples: [], problem: this.#problem };
    return { contestant, samples: this.#samples };
  }
}
