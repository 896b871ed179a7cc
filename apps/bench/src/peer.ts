/**
 * The process of a contestant, seen from the bench. Many run side by side, but only one measures at
 * a time; the others block on their stdin. A process without an answer in time is killed.
 */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { createInterface, type Interface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import type { Command } from "./commands.js";
import { Missing, type Sample } from "./row.js";

type Answer = "ready" | number | Sample | { readonly missing: string } | { readonly failed: string };

/** How much of a peer's stderr is kept, to report why it failed. */
const LAST_WORDS = 400;
/** Node's exit code for an unknown flag. */
const BAD_OPTION = 9;

export class Peer {
  readonly #process: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #answers: AsyncIterator<string>;
  readonly #lines: Interface;
  readonly #timeoutMs: number;
  #lastWords = "";

  /**
   * Starts the process, and waits for its readiness.
   *
   * @param startTimeoutMs it is killed if it is not ready by then, and `timeoutMs` if a turn has
   *   not ended
   * @throws Missing if this machine lacks a program or package; Error if it failed
   */
  static async start(command: Command, startTimeoutMs: number, timeoutMs: number): Promise<Peer> {
    const peer = new Peer(command, timeoutMs);
    await peer.#answer(startTimeoutMs);
    return peer;
  }

  private constructor({ file, args, cwd }: Command, timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
    // A group of its own: CPython's managers are processes of the peer, and would hold its pipes open.
    this.#process = spawn(file, args, { cwd, stdio: ["pipe", "pipe", "pipe"], detached: true });
    this.#process.on("error", (error) => (this.#lastWords += error.message));
    this.#process.stdin.on("error", () => undefined); // it has exited; the missing answer reports so
    this.#process.stderr.on("data", (text: Buffer) => {
      this.#lastWords = `${this.#lastWords}${text.toString()}`.slice(-LAST_WORDS);
    });
    this.#lines = createInterface(this.#process.stdout);
    this.#answers = this.#lines[Symbol.asyncIterator]();
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** Measures for about `ms`. */
  async measure(ms: number): Promise<Sample> {
    this.#process.stdin.write(`${ms}\n`);
    const answer = await this.#answer(this.#timeoutMs);
    if (answer === "ready" || "missing" in Object(answer) || "failed" in Object(answer)) {
      throw new Error(`answered ${JSON.stringify(answer)} instead of a sample`);
    }
    const sample = typeof answer === "number" ? { value: answer } : (answer as Sample);
    if (!Number.isFinite(sample.value)) throw new Error(`measured ${sample.value}`);
    return sample;
  }

  close(): void {
    this.#lines.close();
    const { pid } = this;
    if (pid === undefined) return; // it did not start
    try {
      process.kill(-pid, "SIGKILL");
    } catch {
      // it has ended
    }
  }

  async #answer(timeoutMs: number): Promise<Answer> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<"late">((resolve) => (timer = setTimeout(resolve, timeoutMs, "late")));
    const line = await Promise.race([this.#answers.next(), late]);
    clearTimeout(timer);
    if (line === "late") {
      this.close();
      throw new Error(`no answer within ${timeoutMs / 1000} s; it was killed`);
    }
    if (line.done === true) throw await this.#epitaph();
    const answer = JSON.parse(line.value) as Answer;
    if (typeof answer === "object" && "missing" in answer) throw new Missing(String(answer.missing));
    if (typeof answer === "object" && "failed" in answer) throw new Error(String(answer.failed));
    return answer;
  }

  /** Why there is no answer. */
  async #epitaph(): Promise<Error> {
    const { exitCode, signalCode } = this.#process;
    if (exitCode === null && signalCode === null) {
      await new Promise((resolve) => this.#process.once("close", resolve).once("error", resolve));
    }
    const said = this.#lastWords.trim();
    if (this.#process.exitCode === BAD_OPTION && said.includes("bad option")) return new Missing(said);
    return new Error(`ended without an answer${said === "" ? "" : `: ${said}`}`);
  }
}
