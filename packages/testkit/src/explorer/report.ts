/** A schedule as people read it, and as a seed that runs it again. */
import type { Model } from "./explorer.js";
import { ASLEEP, type Choice, EPOCH, type Machine, type State } from "./machine.js";
import type { Moment } from "./oracle.js";
import { OP_NAMES, OPS, TURN_KINDS, TURNS, WOKEN } from "./protocol.js";

/** Short names of choices, in seeds: `1x5` is five steps of thread 1, `2t` a timeout of thread 2, `t` a tick of time. */
const LETTERS = {
  run: "x",
  "time out": "t",
  promise: "p",
  "promise times out": "q",
  timer: "s",
  abort: "a",
  tick: "t",
};

/** Begins the seed of a schedule in which looking at the clock is no step. */
const TIMELESS = "timeless";

export function seedOf(path: readonly Choice[], timeless: boolean): string {
  const pieces: string[] = timeless ? [TIMELESS] : [];
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

export function parse(seed: string): { readonly timeless: boolean; readonly choices: readonly Choice[] } {
  const pieces = seed.split(/\s+/).filter(Boolean);
  const timeless = pieces[0] === TIMELESS;
  const choices = pieces.slice(timeless ? 1 : 0).flatMap((piece): Choice[] => {
    const [, who = "", letter = "", number = ""] = /^(\d*)([a-z])(\d*)$/.exec(piece) ?? [];
    if (piece === LETTERS.tick) return [{ kind: "tick", thread: -1 }];
    const thread = Number(who) - 1;
    switch (letter) {
      case LETTERS.run:
        return Array.from({ length: Number(number) }, () => ({ kind: "run", thread }));
      case LETTERS["time out"]:
        return [{ kind: "time out", thread }];
      case LETTERS.promise:
        return [{ kind: "promise", thread }];
      case LETTERS["promise times out"]:
        return [{ kind: "promise times out", thread }];
      case LETTERS.timer:
        return [{ kind: "timer", thread, number: Number(number) }];
      case LETTERS.abort:
        return [{ kind: "abort", thread, number: Number(number) }];
      default:
        throw new Error(`explorer: ${piece} is no step of a seed`);
    }
  });
  return { timeless, choices };
}

const WOKEN_NAMES = new Map<number, string>([
  [WOKEN.ok, "ok"],
  [WOKEN.notEqual, "not-equal"],
  [WOKEN.timedOut, "timed-out"],
  [ASLEEP, "sleeps"],
]);

type Row = readonly [step: string, who: string, what: string, word: string, change: string];

export class Report {
  constructor(
    private readonly model: Model,
    private readonly machine: Machine,
  ) {}

  table(first: State, path: readonly Choice[]): string {
    const rows: Row[] = [["step", "who", "what", "word", "value"]];
    let state = first;
    path.forEach((choice, index) => {
      const lines: Row[] = [];
      state = this.machine.step(state, choice, (thread, moment, before, after, result) => {
        lines.push(["", `T${thread + 1}`, ...this.operation(moment, before, after, result)]);
      });
      const what = choice.kind === "tick" ? `time passes, to ${state.clock - EPOCH} ms` : choice.kind;
      if (choice.kind !== "run") lines.unshift(["", choice.thread < 0 ? "" : `T${choice.thread + 1}`, what, "", ""]);
      lines.forEach(([, ...cells], line) => rows.push([line === 0 ? String(index + 1) : "", ...cells]));
    });
    state.threads.forEach(({ moment, asleep }, thread) => {
      const { kind, x } = moment.op;
      const [what, word] = this.operation(moment, 0, 0, NaN);
      const now =
        kind === OPS.fail
          ? "failed"
          : kind === OPS.idle
            ? x
              ? "is done"
              : "awaits"
            : asleep
              ? "sleeps"
              : `is before ${what}`;
      rows.push(["end", `T${thread + 1}`, now, kind === OPS.idle ? "" : word, ""]);
    });
    return aligned(rows);
  }

  private operation({ op }: Moment, before: number, after: number, result: number): [string, string, string] {
    const { kind, word, x, y } = op;
    const name = OP_NAMES.get(kind) ?? String(kind);
    const where = kind < OPS.clock ? (this.model.words[word] ?? `word ${word}`) : "";
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
      case OPS.work:
        return [x === 0 ? "works" : "rests", "", ""];
      case OPS.idle: {
        const what = Object.entries(TURNS).find(([, turn]) => turn === result % TURN_KINDS)?.[0] ?? "";
        return [`event loop: ${what === "ok" ? "promise" : what} ${Math.floor(result / TURN_KINDS)}`, "", ""];
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
