import { type Event, type Lock, Thread } from "@x/threading";

export class Task extends Thread<number> {
  static override shared: string[];
  begun: Event;
  running: boolean;
  left: number;
  done: number;
  terminate(): void;
}
export class Counter extends Task {
  count: number;
  lock: Lock;
  notes: string[];
}
export function counts(counter: Counter): string[];
export class Misnamed extends Thread {}
export class Unlisted extends Thread {}
export class Untravelling extends Thread {}
