/** Reports on all threads and on the waits of their tasks. */
import { platform, type Words } from "@x/core";
import { report } from "../diagnostics/report.js";
import { host } from "../platform/host.js";
import type { Port } from "../platform/thread-platform.js";
import type { Asker, Awaiting, ReportMessage } from "../protocol/messages.js";
import { QUESTION, tellNews } from "../protocol/news.js";
import { blockedWaits } from "./blocked-threads.js";
import { clients, setReply } from "./clients.js";

/** What the tasks of each thread await, from every thread that replied. */
export const gathered = new Map<number, Awaiting>();

/** 50 ms: a thread that is not blocked replies within it. A computing thread is not waited for. */
const GATHER_MS = 50;

export function gather(callback: (awaiting: readonly Awaiting[]) => void): void {
  gathered.clear();
  for (const [client, news] of clients) tellNews(client, news, QUESTION);
  platform.setTimer(() => callback([...gathered.values()]), GATHER_MS);
}

export function answerReport(client: Port, asker: Asker, reply: Words, awaiting: readonly Awaiting[]): void {
  host().post(client, { report: report(blockedWaits(), awaiting, asker) } satisfies ReportMessage);
  setReply(reply);
}
