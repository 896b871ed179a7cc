/** Announces deaths: notifies every client, and wakes the blocked waits. */
import { countDeath, deathCount, onNextDeath } from "@x/core/internal";
import { DEATHS, postNews } from "../protocol/news.js";
import { wakeBlockedThreads } from "./blocked-threads.js";
import { clients } from "./clients.js";

export function announceNewDeath(): void {
  countDeath();
  announceToClients();
}

/** The death count of the last notification. */
let announcedDeaths = 0;

/** Makes all tasks and sleepers check again. */
function announceToClients(): void {
  announcedDeaths = deathCount();
  for (const [client, news] of clients) postNews(client, news, DEATHS);
  wakeBlockedThreads();
}

/**
 * Also announces the deaths counted by others: by another supervisor, or by a thread without a
 * supervisor. This supervisor's clients may wait for locks of the dead threads.
 */
export function watchForDeaths(knownDeaths: number): void {
  announcedDeaths = knownDeaths;
  onNextDeath(announcedDeaths, () => {
    if (deathCount() !== announcedDeaths) announceToClients();
    watchForDeaths(announcedDeaths);
  });
}
