/** A philosopher of the page: the example's philosopher, who may leave the table, and says what happens. */
import { Philosopher } from "@x/examples/philosopher";
import { DeadlockError, Event, expose, type Lock, OwnerDiedError, sleep } from "@x/threading";
import type { Messages } from "./messages.js";

/** What all philosophers of a table share. */
export interface Rules {
  /** A flag: 1 while each philosopher takes the left fork first; then how many have come together for it. */
  readonly naive: Int32Array;
  /** Set when all philosophers have come together: then none holds a fork. */
  readonly together: Event;
  /** The meals at each seat. */
  readonly meals: Int32Array;
  readonly messages: Messages;
}

const THINK_MS = 500;
const EAT_MS = 600;
/** Long enough for all to take the left fork, and for a reader to see it. */
const PAUSE_MS = 1000;

export const [IS_NAIVE, ARRIVED] = [0, 1];

export class Guest extends Philosopher {
  readonly leave = new Event();

  constructor(
    name: string,
    readonly seat: number,
    private readonly sides: readonly [left: Lock, right: Lock],
    forks: readonly [first: Lock, second: Lock],
    private readonly rules: Rules,
  ) {
    super(name, forks, Infinity, EAT_MS);
  }

  override run(): void {
    const { meals, messages, naive } = this.rules;
    while (!this.leave.isSet()) {
      sleep(THINK_MS * (0.5 + Math.random()));
      try {
        this.takeForks(() => {
          sleep(EAT_MS * (0.5 + Math.random()));
          Atomics.add(meals, this.seat, 1);
        });
      } catch (error) {
        // `with` has released what it had taken, so the philosopher thinks, and tries again.
        if (!(error instanceof OwnerDiedError || error instanceof DeadlockError)) throw error;
        if (error instanceof DeadlockError) Atomics.store(naive, IS_NAIVE, 0);
        messages.say(this.seat, `${error.name}: ${error.message}`);
      }
    }
  }

  protected override takeForks(eat: () => void): void {
    const { naive, together, meals } = this.rules;
    if (Atomics.load(naive, IS_NAIVE) === 1) {
      if (Atomics.add(naive, ARRIVED, 1) === meals.length - 1) together.set();
      together.wait();
    }
    // The page may have called it off meanwhile.
    if (Atomics.load(naive, IS_NAIVE) === 0) return super.takeForks(eat);
    const [left, right] = this.sides;
    left.with(() => {
      sleep(PAUSE_MS);
      right.with(eat);
    });
  }
}

expose({ Guest });
