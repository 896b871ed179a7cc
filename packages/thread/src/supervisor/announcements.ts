/** Announces deaths: tells each client that there are new ones, and wakes the blocked threads. */
import { countDeath, deathCount, onNextDeath } from "@x/core";
import { DEATHS, tellNews } from "../protocol/news.js";
import { wakeBlockedThreads } from "./blocked-threads.js";
import { clients } from "./clients.js";

export function haveAllLook(): void {
  countDeath();
  tellDeaths();
}

/** Of how many deaths the threads here were told. */
let toldDeaths = 0;

/** Tasks and sleepers look again. */
function tellDeaths(): void {
  toldDeaths = deathCount();
  for (const [client, news] of clients) tellNews(client, news, DEATHS);
  wakeBlockedThreads();
}

/** Others see deaths, too: another supervisor, or a thread whose supervisor has died. Those who wait for their locks may be here. */
export function watchForDeaths(knownDeaths: number): void {
  toldDeaths = knownDeaths;
  onNextDeath(toldDeaths, () => {
    if (deathCount() !== toldDeaths) tellDeaths();
    watchForDeaths(toldDeaths);
  });
}
