/** A program in TypeScript; Node 20 needs a loader for it. */
import { currentThread, expose, isMainThread, Thread } from "@x/thread";
import { Power } from "./power.js";

enum Kind {
  Cube = 3,
}
class Job extends Thread<number> {
  constructor(private readonly x: number) {
    super({ name: "job" });
  }
  override run(): number {
    return new Power(Kind.Cube).of(this.x);
  }
}
export function whoAmI(): string {
  return currentThread().name;
}
expose({ Job, whoAmI });

if (isMainThread) {
  const plain = new Thread({ target: (x: number): number => x + 1, args: [1] });
  const named = new Thread({ target: whoAmI, name: "named" });
  console.log(new Job(3).start().result(), named.start().result(), plain.start().result());
}
