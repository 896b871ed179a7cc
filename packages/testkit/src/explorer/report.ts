/** A schedule as a table for people, and as a seed that replays it. */
import type { Model } from "./model.js";
import type { Choice } from "./choices.js";
import { EPOCH, type Machine } from "./machine.js";
import type { HistoryNode } from "./thread-replayer.js";
import { OP_NAMES, OPS, PORTS_MAX, TURN_KINDS, TURNS, WOKEN } from "./protocol.js";
import type { Environment } from "./environment.js";
import { ASLEEP, NOWHERE, type State, type ThreadState } from "./state.js";

/**
 * Letters of choices in seeds: `1x5` is five steps of thread 1, `2t` a timeout of thread 2, `c` a
 * tick of the clock. Old seeds must replay, so a letter never changes.
 */
const LETTERS = {
  run: "x",
  "time out": "t",
  promise: "p",
  "promise times out": "q",
  timer: "s",
  abort: "a",
  tick: "c",
  die: "d",
  announce: "b",
  "wake blocked wait": "r",
  "death action": "e",
  "deliver death": "n",
  boot: "o",
  message: "m",
  close: "l",
  drop: "f",
  exit: "w",
  drain: "i",
  terminate: "k",
};

const BY_LETTER = new Map(Object.entries(LETTERS).map(([kind, letter]) => [letter, kind as Choice["kind"]]));

/** The first word of a seed in whose schedule a read of the clock is not a step. */
const UNTIMED = "untimed";

export function seedOf(path: readonly Choice[], untimed: boolean): string {
  const pieces: string[] = untimed ? [UNTIMED] : [];
  for (let index = 0; index < path.length; index++) {
    const { kind, thread } = path[index]!;
    const who = thread < 0 ? "" : String(thread + 1);
    let times = 1;
    if (kind === "run") {
      for (; path[index + 1]?.kind === "run" && path[index + 1]!.thread === thread; index++) times++;
    }
    const choice = path[index]!;
    const number = kind === "run" ? times : "number" in choice ? choice.number : "";
    pieces.push(`${who}${LETTERS[kind]}${number}`);
  }
  return pieces.join(" ");
}

export function parse(seed: string): { readonly untimed: boolean; readonly choices: readonly Choice[] } {
  const pieces = seed.split(/\s+/).filter(Boolean);
  const untimed = pieces[0] === UNTIMED;
  const choices = pieces.slice(untimed ? 1 : 0).flatMap((piece): Choice[] => {
    const [, who = "", letter = "", number = ""] = /^(\d*)([a-z])(\d*)$/.exec(piece) ?? [];
    const kind = BY_LETTER.get(letter);
    const thread = Number(who) - 1;
    switch (kind) {
      case undefined:
        throw new Error(`explorer: ${piece} is no step of a seed`);
      case "tick":
        return [{ kind, thread: -1 }];
      case "run":
        return Array.from({ length: Number(number) }, () => ({ kind, thread }));
      case "timer":
      case "abort":
      case "message":
      case "close":
      case "drop":
      case "exit":
        return [{ kind, thread, number: Number(number) }];
      default:
        return [{ kind, thread }];
    }
  });
  return { untimed, choices };
}

const WOKEN_NAMES = new Map<number, string>([
  [WOKEN.ok, "ok"],
  [WOKEN.notEqual, "not-equal"],
  [WOKEN.timedOut, "timed-out"],
  [ASLEEP, "sleeps"],
]);

type Row = readonly [step: string, thread: string, operation: string, word: string, change: string];

export class Report {
  constructor(
    private readonly model: Model,
    private readonly machine: Machine,
    private readonly names: readonly string[],
    private readonly environment: Environment,
  ) {}

  table(first: State, path: readonly Choice[]): string {
    const rows: Row[] = [["step", "thread", "operation", "word", "value"]];
    let state = first;
    path.forEach((choice, index) => {
      const lines: Row[] = [];
      const before = state;
      state = this.machine.step(state, choice, (thread, node, before, after, result) => {
        lines.push(["", `T${thread + 1}`, ...this.operation(node, before, after, result)]);
      });
      if (choice.kind !== "run") lines.unshift(this.event(choice, before, state));
      lines.forEach(([, ...cells], line) => rows.push([line === 0 ? String(index + 1) : "", ...cells]));
    });
    state.threads.forEach((thread, index) => rows.push(this.ending(thread, index)));
    return aligned(rows);
  }

  /** A choice that is not an operation of a thread. */
  private event(choice: Choice, before: State, { clock }: State): Row {
    const { kind, thread } = choice;
    const who = `T${thread + 1}`;
    switch (kind) {
      case "boot":
        return ["", who, "boots", "", ""];
      case "message":
        return ["", who, `receives a message by port ${choice.number}`, "", ""];
      case "close":
        return ["", who, `receives the close of port ${choice.number}`, "", ""];
      case "drop":
        return ["", who, `closes port ${choice.number}: the other end is gone`, "", ""];
      case "exit":
        return ["", who, `receives the exit of T${choice.number + 1}`, "", ""];
      case "drain":
        return ["", who, "has nothing more to do, and exits", "", ""];
      case "terminate":
        return ["", who, "is terminated", "", ""];
      case "tick":
        return ["", "", `time passes, to ${clock - EPOCH} ms`, "", ""];
      case "die":
        return ["", who, "dies", "", ""];
      case "announce":
        return ["", "", `the death of ${who} is announced`, "", ""];
      case "wake blocked wait":
        return [
          "",
          "",
          `the blocked wait of ${who} is woken`,
          this.nameOf(before.threads[thread]!.blockedWait!.word),
          "",
        ];
      case "death action": {
        const { word, bits, holders, isCertain } = before.threads[thread]!.deathActions[0]!;
        if (holders !== NOWHERE)
          return ["", "", `a death action of ${who}: a holder has died`, this.nameOf(holders), ""];
        const when = isCertain ? "" : " if its pending word says so";
        const what = bits === 0 ? "its waiters are woken" : `or ${bits}${when}`;
        return ["", "", `a death action of ${who}: ${what}`, this.nameOf(word), ""];
      }
      case "deliver death":
        return ["", who, "receives a death", "", ""];
      default:
        return ["", who, kind, "", ""];
    }
  }

  private ending({ node, asleep, dead }: ThreadState, thread: number): Row {
    const [what, word] = this.operation(node, 0, 0, NaN);
    const { kind, x } = node.op;
    const now = (): string => {
      if (dead) return "is dead";
      if (kind === OPS.fail) return "failed";
      if (kind === OPS.idle) return x === 1 ? "is done" : "awaits";
      return asleep ? "sleeps" : `is before ${what}`;
    };
    return ["end", `T${thread + 1}`, now(), dead || kind === OPS.idle ? "" : word, ""];
  }

  private nameOf(word: number): string {
    return this.names[word] ?? `word ${word}`;
  }

  /** A message, shortened. */
  private mail(number: number): string {
    const text = this.environment.textOf(number) ?? "";
    return text.length > 90 ? `${text.slice(0, 87)}...` : text;
  }

  private operation({ op }: HistoryNode, before: number, after: number, result: number): [string, string, string] {
    const { kind, word, x, y } = op;
    const name = OP_NAMES.get(kind) ?? String(kind);
    const where = kind < OPS.clock ? this.nameOf(word) : "";
    const show = (value: number) => this.model.format?.(where, value) ?? String(value);
    const change = before === after ? show(before) : `${show(before)} → ${show(after)}`;
    switch (kind) {
      case OPS.compareExchange:
        return [`${name} ${show(x)} by ${show(y)}${before === x ? "" : ": fails"}`, where, change];
      case OPS.load:
      case OPS.read:
        return [name, where, change];
      case OPS.wait:
      case OPS.waitAsync: {
        const time = y === Infinity ? "" : `, ${y} ms`;
        const outcome = kind === OPS.waitAsync && result === WOKEN.ok ? "pending" : WOKEN_NAMES.get(result);
        return [`${name} while ${show(x)}${time}${outcome === undefined ? "" : `: ${outcome}`}`, where, ""];
      }
      case OPS.notify:
        return [`${name} ${x === Infinity ? "all" : x}: ${result} woken`, where, ""];
      case OPS.clock:
        return [`reads the clock: ${result - EPOCH} ms`, "", ""];
      case OPS.note:
        return x === 0
          ? ["looks at a note", this.model.notes?.[word] ?? "", String(after)]
          : ["notes", this.model.notes?.[word] ?? "", change];
      case OPS.setTimer:
        return [`sets timer ${word} of ${x} ms`, "", ""];
      case OPS.clearTimer:
        return [`clears timer ${word}`, "", ""];
      case OPS.signal:
        return [`may be aborted by signal ${word}`, "", ""];
      case OPS.pause:
        return [`pauses for ${x} ms: ${result === ASLEEP ? "sleeps" : "over"}`, "", ""];
      case OPS.boot:
        return [`was started with ${this.mail(result)}`, "", ""];
      case OPS.start:
        return [`starts T${result + 1}`, "", ""];
      case OPS.terminate:
        return [`terminates T${x + 1}`, "", ""];
      case OPS.isGone:
        return [`asks whether T${x + 1} is gone: ${result === 1 ? "yes" : "no"}`, "", ""];
      case OPS.exit:
        return ["exits", "", ""];
      case OPS.post:
        return [`posts to port ${word ^ 1}: ${this.mail(op.mail)}`, "", ""];
      case OPS.take:
        return [`takes from port ${word}: ${result < 0 ? "nothing" : this.mail(result)}`, "", ""];
      case OPS.open:
        return [`opens ports ${word} and ${word + 1}`, "", ""];
      case OPS.listen:
        return [`listens to port ${word}`, "", ""];
      case OPS.close:
        return [`closes port ${word}`, "", ""];
      case OPS.alive:
        return [`keeps alive ${x}`, "", ""];
      case OPS.deathOf:
        return [`asks whether T${x} has died: ${result === 1 ? "yes" : "no"}`, "", ""];
      case OPS.registerBlockedWait:
        return ["registers a blocked wait", "", ""];
      case OPS.enterBlockedWait:
        return ["may be woken by a death", this.nameOf(word), ""];
      case OPS.leaveBlockedWait:
        return ["leaves the blocked wait", "", ""];
      case OPS.deathAction:
        return [`registers a death action: or ${x}`, this.nameOf(word), ""];
      case OPS.work:
        return [x === 0 ? "works" : "rests", "", ""];
      case OPS.idle: {
        const what = Object.entries(TURNS).find(([, turn]) => turn === result % TURN_KINDS)?.[0] ?? "";
        const number = Math.floor(result / TURN_KINDS);
        if (result % TURN_KINDS === TURNS.message)
          return [`reads ${this.mail(Math.floor(number / PORTS_MAX))}`, "", ""];
        return [`event loop: ${what === "ok" ? "promise" : what} ${number}`, "", ""];
      }
      default:
        return [`${name} ${show(x)}`, where, change];
    }
  }
}

function aligned(rows: readonly Row[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
