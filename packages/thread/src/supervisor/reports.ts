/** Reports on all threads and on the waits of their tasks. */
import type { Words } from "@x/core";
import { platform } from "@x/core/internal";
import { report } from "../diagnostics/report.js";
import { host } from "../platform/host.js";
import type { Port } from "../platform/thread-platform.js";
import type { Asker, ThreadTasks, ReportMessage } from "../protocol/messages.js";
import { TASKS_QUESTION, postNews } from "../protocol/news.js";
import { blockedWaits } from "./blocked-threads.js";
import { clients, setReply } from "./clients.js";

/** The waits of all tasks, by thread; threads without a reply are missing. */
export const collected = new Map<number, ThreadTasks>();

/** 50 ms: a waiting event loop replies within it. The supervisor does not wait longer for a computing thread. */
const COLLECT_MS = 50;

export function collectTasks(callback: (awaiting: readonly ThreadTasks[]) => void): void {
  collected.clear();
  for (const [client, news] of clients) postNews(client, news, TASKS_QUESTION);
  platform.setTimer(() => callback([...collected.values()]), COLLECT_MS);
}

export function replyReport(client: Port, asker: Asker, reply: Words, awaiting: readonly ThreadTasks[]): void {
  host().post(client, { report: report(blockedWaits(), awaiting, asker) } satisfies ReportMessage);
  setReply(reply);
}
