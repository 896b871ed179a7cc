/** Announces deaths: notifies every client, and wakes the blocked waits. */
import { countDeath, deathCount, onNextDeath, platform } from "@x/core/internal";
import { host } from "../platform/host.js";
import { DEATHS, postNews } from "../protocol/news.js";
import { wakeBlockedThreads } from "./blocked-threads.js";
import { clients } from "./clients.js";

export function announceNewDeath(): void {
  countDeath();
  announceToClients();
}

/**
 * Announces a death some more times, where the dead thread may still be counted by `Atomics.notify`:
 *     // T1 and T2 sleep on a lock; T1 dies, and T2 checks the lock again; T3 releases the lock, and wakes one sleeper: T1, whose
 *     // sleep has not ended for lack of a core. T2 would sleep for ever.
 */
export function announceAgain(): void {
  for (const ms of host().countsTheDeadFor ?? []) platform.setTimer(announceNewDeath, ms);
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
