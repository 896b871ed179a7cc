// TypeScript, run by the runtime itself without a build.
import { expose, isMainThread, Thread } from "@x/thread";
import { Lock } from "@x/lock";

interface Order {
  readonly name: string;
  readonly times: number;
}
export function count({ name, times }: Order, lock: Lock): string {
  for (let i: number = 0; i < times; i++) lock.with((): void => undefined);
  return name;
}
export class Sum extends Thread {
  total: number = 0;
  upTo: number;
  constructor(upTo: number) {
    super();
    this.upTo = upTo;
  }
  override run(): void {
    for (let i = 1; i <= this.upTo; i++) this.total += i;
  }
}
expose({ count, Sum });

if (isMainThread) {
  const thread = new Thread({ target: count, args: [{ name: "typed", times: 10 }, new Lock()] }).start();
  const sum = new Sum(100).start();
  const name: string = thread.result(10_000);
  sum.join(10_000);
  console.log(name === "typed" && sum.total === 5050 ? "yes" : `no: ${name} ${sum.total}`);
}
