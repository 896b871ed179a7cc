/** Whether a worker is clean: its last thread left nothing in the event loop. */
import type { Thread } from "../api/thread.js";
import { host } from "../platform/host.js";

/** The platform's names for listening sockets. */
const SERVERS = ["TCPServerWrap", "UDPWrap"];

/** The number of servers of node:net, http and the like. */
export function servers(leftovers: readonly string[]): number {
  return leftovers.filter((name) => name === "TCPServerWrap").length;
}

/**
 * Warns if the thread left a server: the server ends with the thread. Python's `serve_forever`
 * blocks; here `listen` returns, and the target returns after it.
 */
export function warnOfServer(thread: Thread | undefined, leftovers: readonly string[]): void {
  if (thread === undefined || !leftovers.some((name) => SERVERS.includes(name))) return;
  host().writeError(
    `thread: Warning: ${thread.name} has ended, and the server that it listens with ends, too; ` +
      `let its function go on as long as the server: make it async, and await an Event, such as "await stop.waitAsync()"\n`,
  );
}

/** True if nothing more keeps the event loop busy than before the first thread. */
export function isClean(leftovers: readonly string[], clean: readonly string[]): boolean {
  const rest = [...leftovers];
  for (const name of clean) {
    const i = rest.indexOf(name);
    if (i >= 0) rest.splice(i, 1);
  }
  return rest.length === 0;
}
