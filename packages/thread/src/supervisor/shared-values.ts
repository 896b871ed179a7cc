/** Shared values: the first value under a key wins, for ever. */
import type { Envelope, Words } from "@x/core";
import { host } from "../platform/host.js";
import type { Port } from "../platform/thread-platform.js";
import type { SharedMessage } from "../protocol/messages.js";
import { setReply } from "./clients.js";

/** The first value offered under each key. */
let agreed = new Map<string, Envelope>();

/** @param known the values shared before the supervisor started */
export function setSharedValues(known: ReadonlyMap<string, Envelope>): void {
  agreed = new Map(known);
}

export function agree(client: Port, key: string, offer: Envelope, reply: Words): void {
  const value = agreed.get(key) ?? offer;
  agreed.set(key, value);
  host().post(client, { key, value } satisfies SharedMessage);
  setReply(reply);
}
