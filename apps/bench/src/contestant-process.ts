/** A contestant at a point: its process, if one is alive, what it has measured, or why it cannot. */
import type { Command } from "./commands.js";
import { Peer } from "./peer.js";
import { Missing, type Sample } from "./row.js";

/** Missing: this machine has not what it needs. Failed: it should have worked. */
export interface Problem {
  readonly kind: "missing" | "failed";
  readonly why: string;
}

/** What became of a contestant at a point. */
export interface Entry {
  readonly contestant: string;
  /** One of each round; empty if there is a problem. */
  readonly samples: readonly Sample[];
  readonly problem?: Problem;
}

/** After how many ms a process that does not get ready is killed. */
const START_TIMEOUT_MS = 90_000;

export class ContestantProcess {
  readonly #contestant: string;
  readonly #timeoutMs: number;
  readonly #samples: Sample[] = [];
  #command: Command | undefined;
  #peer: Peer | undefined;
  #problem: Problem | undefined;

  /**
   * @param command tells how it is started, or throws why it cannot be
   * @param timeoutMs after how many ms a turn that does not end is ended
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

  /** Starts its process, unless it is alive. */
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

  /** Its process ends. */
  leave(): void {
    this.#peer?.close();
    this.#peer = undefined;
  }

  /** It takes no further part. */
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
