/**
 * Delayed calls: a timer says hello, two clients come again and again by starting their next timer,
 * and a timer is cancelled.
 */
import { expose, sleep } from "@x/thread";
import { Timer } from "@x/timer";
import { now } from "./clock.js";

function hello(): void {
  console.log(`hello, world at: ${now()}`);
}

/** A client's visit. Returns the timer of the next visit, so that the caller can follow. */
type Visit = Timer<VisitArgs>;
type VisitArgs = [n: number, interval: number, service: number, visits: number];

function client(...[n, interval, service, visits]: VisitArgs): Visit | undefined {
  console.log(`Waiting for client ${n}... at: ${now()}`);
  sleep(service);
  console.log(`client ${n} is served at: ${now()}`);
  return visits > 1 ? new Timer(interval, client, [n, interval, service, visits - 1]).start() : undefined;
}

expose({ hello, client });

/** Waits for a visit and all its next visits, while other tasks go on. */
async function follow(first: Visit): Promise<void> {
  for (let visit: Visit | undefined = first; visit !== undefined;) visit = (await visit.resultAsync()) as typeof visit;
}

/** @param second how many milliseconds a second lasts here */
export async function main(second = 1000, visits = 3): Promise<void> {
  console.log(`start at: ${now()}`);
  const greeting = new Timer(10 * second, hello).start();
  const never = new Timer(60 * second, hello).start();

  const clients = [5, 3].map((interval, n) =>
    new Timer(interval * second, client, [n + 1, interval * second, 5 * second, visits]).start(),
  );
  await Promise.all(clients.map(follow));
  greeting.join();

  never.cancel(); // any thread may cancel
  never.join();
  console.log("the last timer is cancelled, and says nothing");
}
