import { OP_NAMES, TIME_ORIGIN } from "./protocol.js";
import { ASLEEP, hasEnded, type State } from "./state.js";

/** The names of a model's words and notes. */
export interface WordsOfModel {
  /**
   * The threads are the agents of a process: the first is main, the model starts the others as workers. Names the words of the memory
   * they share: the thread table (region 1), and the slab of each agent (region 2 + its number).
   */
  readonly process?: (region: number, index: number) => string;
  /** The names of all words of memory, in their order. */
  readonly words: readonly string[];
  /** The names of the notes that bodies add to by `t.add`. */
  readonly notes?: readonly string[];
}

/** A process discovers its words while it runs: this leaves room for them. */
const PROCESS_WORDS = 512;

/** How many words of memory precede the notes. */
export function roomFor({ process, words }: WordsOfModel): number {
  return process === undefined ? words.length : PROCESS_WORDS;
}

/** A past operation of a thread. */
interface Operation {
  readonly op: string;
  readonly word: string;
  /** Its first operand. */
  readonly x: number;
  /** The ident of the thread, from core's state. */
  readonly ident: number;
  readonly result: number;
}

/** A read-only view of a state, for models. */
export class StateView {
  constructor(
    private readonly model: WordsOfModel,
    private readonly words: readonly string[],
    readonly state: State,
  ) {}

  /** The value of a word. */
  word(name: string): number {
    const index = this.words.indexOf(name);
    if (index >= 0) return this.state.memory[index]!;
    if (this.model.process === undefined) throw new Error(`explorer: the model has no word ${name}`);
    return 0; // no thread has used it yet
  }

  /** The value of a note. */
  note(name: string): number {
    const index = this.model.notes?.indexOf(name) ?? -1;
    if (index < 0) throw new Error(`explorer: the model has no note ${name}`);
    return this.state.memory[roomFor(this.model) + index]!;
  }

  /** How many waiters a word has, asleep or by a promise. */
  waiting(name: string): number {
    const index = this.words.indexOf(name);
    return this.state.queue.filter(({ word }) => word === index).length;
  }

  /**
   * A forbidden use of promises: two promises of a thread await the same word, or a thread ends
   * while its promise waits and no wake is due.
   */
  faultOfPromises(): string | undefined {
    const { memory, queue, threads } = this.state;
    for (const { promise, thread, word, value } of queue) {
      if (promise === ASLEEP) continue;
      const same = queue.filter((other) => other.thread === thread && other.word === word && other.promise !== ASLEEP);
      if (same.length > 1) return `T${thread + 1} awaits ${this.words[word]} by two promises`;
      if (hasEnded(threads[thread]!) && memory[word] === value)
        return `T${thread + 1} has left a promise behind at ${this.words[word]}`;
    }
    return undefined;
  }

  /** The pending operation of the thread of this number (from 1). */
  next(number: number): Pick<Operation, "op" | "word" | "x"> {
    const { op } = this.state.threads[number - 1]!.node;
    return { op: OP_NAMES.get(op.kind) ?? "", word: this.words[op.word] ?? "", x: op.x };
  }

  /** How many operations the thread of this number (from 1) has run. */
  length(number: number): number {
    return this.state.threads[number - 1]!.node.length;
  }

  /** The operations of the thread of this number (from 1), the last first. */
  *history(number: number): Generator<Operation> {
    const { node } = this.state.threads[number - 1]!;
    let { result } = node;
    for (let at = node.before; at !== undefined; at = at.before) {
      yield {
        op: OP_NAMES.get(at.op.kind) ?? "",
        word: this.words[at.op.word] ?? "",
        x: at.op.x,
        ident: at.op.ident,
        result,
      };
      result = at.result;
    }
  }

  /** The virtual time, in milliseconds. */
  get clock(): number {
    return this.state.clock;
  }

  /** The virtual time in wrapping milliseconds, by the clock that all threads share. */
  get sharedClock(): number {
    return (TIME_ORIGIN + this.state.clock) | 0;
  }

  /** Has the thread of this number (from 1) finished or died? */
  done(number: number): boolean {
    return hasEnded(this.state.threads[number - 1]!);
  }

  /** Was the agent of this number (from 1) started, and is it still running? */
  isRunning(number: number): boolean {
    const agent = this.state.process?.agents[number - 1];
    return agent?.starter !== undefined && agent.exitCode === undefined;
  }

  /** Has the thread of this number (from 1) died? */
  isDead(number: number): boolean {
    return this.state.threads[number - 1]?.dead === true;
  }
}
