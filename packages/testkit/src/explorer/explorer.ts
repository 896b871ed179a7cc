import { type Breakage, breakCopies } from "./broken.js";
import { EPOCH, Machine, type MachineOptions, TimeMoves } from "./machine.js";
import type { Model, ThreadOfModel } from "./model.js";
import { type HistoryNode, ThreadReplayer } from "./thread-replayer.js";
import type { Role } from "./protocol.js";
import { parse } from "./report.js";
import { roomFor } from "./state-view.js";
import { Environment } from "./environment.js";
import { type Exploration, type Failure, type Opening, Walk } from "./walk.js";

const start = { clock: EPOCH, announcedDeaths: [] };

/** The number of the setup thread. */
const SETUP = 9;

/** A pool of workers with the bodies of some models loaded, over the shipped code or over a broken copy. */
export class Explorer {
  private readonly replayers: ThreadReplayer[] = [];

  /**
   * @param bodies a module of bodies: functions of a {@link ModelThread} and their arguments
   * @param breakages pieces of text to replace, in temporary copies of the built packages
   */
  static async open(bodies: URL, threads: number, breakages: readonly Breakage[] = []): Promise<Explorer> {
    const copies = breakages.length > 0 ? breakCopies(bodies, breakages) : undefined;
    try {
      const replayers = Array.from({ length: threads }, () => ThreadReplayer.open(copies?.bodies ?? bodies));
      return new Explorer(await Promise.all(replayers));
    } finally {
      copies?.remove();
    }
  }

  private constructor(replayers: readonly ThreadReplayer[]) {
    this.replayers.push(...replayers);
  }

  async close(): Promise<void> {
    await Promise.all(this.replayers.map((replayer) => replayer.close()));
  }

  /** Walks all schedules of `model`, up to the first failure. */
  explore(model: Model): Exploration {
    const exploration = this.walk(model, model.preemptions ?? Infinity);
    return exploration.failure === undefined ? exploration : this.search(model);
  }

  /**
   * Walks the schedules with few preemptions first. Finds a failure faster than `explore`, in a
   * schedule that is easier to read.
   */
  search(model: Model): Exploration {
    const most = model.preemptions ?? Infinity;
    for (let bound = 0; bound < Math.min(most, 5); bound++) {
      const exploration = this.walk(model, bound);
      if (exploration.failure !== undefined) return exploration;
    }
    return this.walk(model, most);
  }

  /** Runs the schedule of `seed` again. */
  replay(model: Model, seed: string): Failure | undefined {
    const { untimed, choices } = parse(seed);
    return new Walk(model, this.replayers, this.open(model), Infinity, untimed).replay(choices);
  }

  private walk(model: Model, bound: number): Exploration {
    if (model.ticks === undefined) {
      try {
        return new Walk(model, this.replayers, this.open(model), bound, true).run();
      } catch (error) {
        if (!(error instanceof TimeMoves)) throw error;
      }
    }
    return new Walk(model, this.replayers, this.open(model), bound, false).run();
  }

  private open(model: Model): Opening {
    if (model.threads.length > this.replayers.length) throw new Error("explorer: opened for fewer threads");
    const words = [...model.words];
    const environment = new Environment(words, model.process);
    const isProcess = model.process !== undefined;
    const common = { words: model.words.length, notes: model.notes ?? [], isAgent: isProcess };
    const supervised = !isProcess && (model.deaths ?? 0) > 0;
    const role = ({ quiet = false, ...thread }: ThreadOfModel, number: number) => ({
      ...thread,
      quiet,
      supervised,
      number,
      ...common,
    });
    const options: MachineOptions = {
      words: roomFor(model),
      ticks: [],
      preemptions: Infinity,
      deaths: 0,
      isSupervisorMortal: false,
      livingOnly: [],
      urgent: false,
      untimed: false,
      isProcess,
      environment,
    };
    const machine = new Machine(this.replayers, options);
    const memory = new Int32Array(options.words + common.notes.length);
    const after =
      model.setup === undefined ? memory : this.setUp(machine, memory, role(model.setup, SETUP), environment);
    const nodes: HistoryNode[] = model.threads.map((thread, index) =>
      this.replayers[index]!.play(role(thread, index + 1), environment, { memory: after, ...start }),
    );
    return { first: machine.begin(after, nodes), words, options };
  }

  private setUp(machine: Machine, memory: Int32Array, role: Role, environment: Environment): Int32Array {
    let state = machine.begin(memory, [this.replayers[0]!.play(role, environment, { memory, ...start })]);
    while (!machine.done(state)) {
      const [choice] = machine.choices(state);
      if (choice === undefined || state.wrong !== undefined)
        throw new Error(`explorer: ${role.body} failed: ${state.wrong ?? "it waits"}`);
      state = machine.step(state, choice);
    }
    return state.memory;
  }
}
