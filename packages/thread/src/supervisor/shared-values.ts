/** Shared values: the first value under a key wins, for ever. */
import type { Envelope, Words } from "@x/core";
import { host } from "../platform/host.js";
import type { Port } from "../platform/thread-platform.js";
import type { SharedMessage } from "../protocol/messages.js";
import { setReply } from "./clients.js";

/** The first value offered under each key. */
let sharedValues = new Map<string, Envelope>();

/** @param known the values shared before the supervisor started */
export function setSharedValues(known: ReadonlyMap<string, Envelope>): void {
  sharedValues = new Map(known);
}

export function allSharedValues(): ReadonlyMap<string, Envelope> {
  return sharedValues;
}

/** The first value offered under `key`. */
export function firstValue(key: string, candidate: Envelope): Envelope {
  const value = sharedValues.get(key) ?? candidate;
  sharedValues.set(key, value);
  return value;
}

export function putIfAbsent(client: Port, key: string, candidate: Envelope, reply: Words): void {
  const value = firstValue(key, candidate);
  host().post(client, { key, value } satisfies SharedMessage);
  setReply(reply);
}
