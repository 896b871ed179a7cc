/** What walks through a program, step by step: a thread that blocks, or a task. */
import { isDeadly, type Kill } from "./plan.js";
import { Random } from "./random.js";
import { AT, codeOf, DOING, type Doing, doingOf, ROW, STEP, WALKERS_MAX, WHICH, type World } from "./world.js";

/** Something that the library promises did not hold. */
export class Broken extends Error {
  static {
    this.prototype.name = "Broken";
  }
}

/** Which walker it is. */
export interface Place {
  readonly actor: number;
  readonly walker: number;
  /** Is it a task? */
  readonly isTask: boolean;
}

export class Walker {
  readonly random: Random;
  readonly isDeadly: boolean;
  readonly wordOfMine: number;
  step = 0;

  constructor(
    readonly world: World,
    readonly place: Place,
  ) {
    this.random = new Random(world.plan.seed * 31 + place.walker + 1);
    this.isDeadly = isDeadly(world.plan);
    this.wordOfMine = place.walker + 1;
  }

  /** Says what it does next, with which of them. */
  doing(doing: Doing, which = 0): void {
    const { status } = this.world;
    const row = this.place.walker * ROW;
    Atomics.store(status, row + WHICH, which);
    Atomics.store(status, row + STEP, this.step);
    Atomics.store(status, row + DOING, codeOf(doing));
    Atomics.add(status, WALKERS_MAX * ROW + codeOf(doing), 1);
  }

  /** @throws Broken unless `holds` */
  expect(holds: boolean, what: string): void {
    if (!holds) throw new Broken(`${what} (${this.where})`);
  }

  get where(): string {
    const { walker, actor } = this.place;
    return `walker ${walker} of actor ${actor}, step ${this.step}, ${doingOf(this.world.status, walker)}`;
  }

  /** How this walker is to die by its own hand, if it is time. Asked where that hurts: inside of locks. */
  get death(): Kill | undefined {
    const { death } = this.world.plan.actors[this.place.actor]!;
    return death !== undefined && death.kill !== "terminate" && this.step >= death.step ? death.kill : undefined;
  }

  /** Somebody who has died held this lock; whoever is told repairs what it protects. */
  orphan(): void {
    Atomics.add(this.world.words, AT.ORPHANS, 1);
    this.expect(this.isDeadly, "OwnerDiedError in a program in which nobody dies");
  }

  /** Has that walker died, or is it about to? */
  isDoomed(word: number): boolean {
    return word > 0 && Atomics.load(this.world.words, AT.DOOMED + word - 1) !== 0;
  }

  /** Inside of lock number `lock` now: nobody else may be, unless he has died there. */
  enter(lock: number): void {
    const { words } = this.world;
    const was = Atomics.exchange(words, AT.OWNER + lock, this.wordOfMine);
    this.expect(was === 0 || this.isDoomed(was), `walker ${was - 1} is inside of lock ${lock}, too`);
    words[AT.TALLY + lock]! += 1;
    Atomics.add(words, AT.COUNTED + lock, 1);
  }

  leave(lock: number): void {
    const is = Atomics.compareExchange(this.world.words, AT.OWNER + lock, this.wordOfMine, 0);
    this.expect(is === this.wordOfMine, `walker ${is - 1} has come into lock ${lock} meanwhile`);
  }
}

/** The walkers of an actor. */
export function walkersOfActor({ plan }: World, actor: number): number[] {
  const before = plan.actors.slice(0, actor).reduce((sum, { tasks }) => sum + Math.max(1, tasks), 0);
  return Array.from({ length: Math.max(1, plan.actors[actor]!.tasks) }, (_, i) => before + i);
}

/** The actor is about to die, while this is what it does. */
export function doom(world: World, actor: number, doing: Doing): void {
  for (const walker of walkersOfActor(world, actor)) Atomics.store(world.words, AT.DOOMED + walker, 1);
  Atomics.store(world.words, AT.DIED_WHILE + actor, codeOf(doing) + 1);
}
