/**
 * Five philosophers sit around a table with a fork between each two, think, and eat with two forks.
 * If each takes the left fork and then waits for the right one, all wait for ever. Other ways to
 * sit down avoid this.
 */
import { Barrier } from "@x/barrier";
import type { Lock } from "@x/lock";
import { Semaphore } from "@x/semaphore";
import Table from "cli-table3";
import pc from "picocolors";
import { seconds } from "./clock.js";
import { Naive, NAMES, Philosopher, table } from "./philosopher.js";

function dine(how: string, philosophers: readonly Philosopher[]): void {
  const start = performance.now();
  for (const philosopher of philosophers) philosopher.start();
  for (const philosopher of philosophers) philosopher.join(); // then the fields have come back

  const head = ["philosopher", "meals", "waited"].map((title) => pc.bold(title));
  const report = new Table({ head, style: { head: [], border: [] }, colAligns: ["left", "right", "right"] });
  for (const { name, eaten, waited } of philosophers) report.push([name, eaten, seconds(waited)]);
  console.log(`${how}: ${seconds(performance.now() - start)}\n${report.toString()}`);
}

function deadlock(timeout: number): void {
  const together = new Barrier(NAMES.length);
  const seats = table();
  const philosophers = NAMES.map((name, i) => new Naive(name, seats[i] as [Lock, Lock], timeout, together).start());
  for (const philosopher of philosophers) philosopher.join();

  const names = new Map(philosophers.map(({ ident, name }) => [ident, name]));
  for (const { name, holder } of philosophers)
    console.log(`${name} has the left fork and waits for the right one, which ${names.get(holder) ?? "nobody"} has`);
  const stuck = philosophers.filter(({ holder }) => holder !== undefined);
  if (stuck.length === NAMES.length) console.log(`deadlock: after ${seconds(timeout)} nobody has eaten`);
}

/** @param ms how long they think, and how long they eat */
export function main({ ms = 50, meals = 5, naive = false } = {}): void {
  if (naive) return deadlock(20 * ms);

  const ordered = table();
  (ordered.at(-1) as Lock[]).reverse(); // the forks are numbered, and each philosopher takes the lower one first
  const inOrder = NAMES.map((name, i) => new Philosopher(name, ordered[i] as [Lock, Lock], meals, ms));
  dine("forks in order", inOrder);

  const seats = table();
  const chairs = new Semaphore(NAMES.length - 1); // of four philosophers at least one can eat
  const seated = NAMES.map((name, i) => new Philosopher(name, seats[i] as [Lock, Lock], meals, ms, chairs));
  dine("four at a time", seated);
}
