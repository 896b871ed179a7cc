/** Announces deaths: notifies every client, and wakes the blocked waits. */
import { countDeath, deathCount, onNextDeath } from "@x/core";
import { DEATHS, tellNews } from "../protocol/news.js";
import { wakeBlockedThreads } from "./blocked-threads.js";
import { clients } from "./clients.js";

export function haveAllLook(): void {
  countDeath();
  tellDeaths();
}

/** The death count of the last notification. */
let toldDeaths = 0;

/** Makes all tasks and sleepers check again. */
function tellDeaths(): void {
  toldDeaths = deathCount();
  for (const [client, news] of clients) tellNews(client, news, DEATHS);
  wakeBlockedThreads();
}

/**
 * Also announces the deaths counted by others: by another supervisor, or by a thread without a
 * supervisor. This supervisor's clients may wait for locks of those threads.
 */
export function watchForDeaths(knownDeaths: number): void {
  toldDeaths = knownDeaths;
  onNextDeath(toldDeaths, () => {
    if (deathCount() !== toldDeaths) tellDeaths();
    watchForDeaths(toldDeaths);
  });
}
