/** Shared values: the first value under a key wins, for ever. */
import type { Envelope, Words } from "@x/core";
import { host } from "../platform/host.js";
import type { Port } from "../platform/thread-platform.js";
import type { SharedMessage } from "../protocol/messages.js";
import { setReply } from "./clients.js";

/** Shared values: what was offered first, for ever. */
let agreed = new Map<string, Envelope>();

/** @param known the values that were shared before there was a supervisor */
export function setSharedValues(known: ReadonlyMap<string, Envelope>): void {
  agreed = new Map(known);
}

export function agree(client: Port, key: string, offer: Envelope, reply: Words): void {
  const value = agreed.get(key) ?? offer;
  agreed.set(key, value);
  host().post(client, { key, value } satisfies SharedMessage);
  setReply(reply);
}
