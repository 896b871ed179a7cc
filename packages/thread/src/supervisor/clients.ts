/** The threads that send requests to the supervisor: its starter, every worker, and the supervisor itself. */
import { type Envelope, wake, type Words } from "@x/core";
import { host } from "../platform/host.js";
import type { Port } from "../platform/thread-platform.js";
import type { InheritedMessage, Request } from "../protocol/messages.js";

/** All threads that may ask, by their ports: the one that started the supervisor, and every worker. Their words are those of news.ts. */
export const clients = new Map<Port, Words>();
/** The port by which the supervisor asks itself. */
let self: Port | undefined;

export function setSelf(port: Port): void {
  self = port;
}

export function isSelf(client: Port): boolean {
  return client === self;
}

type Handler = (client: Port, request: Request) => void;

let handle: Handler;

/** @param handler handles each request of a client */
export function setRequestHandler(handler: Handler): void {
  handle = handler;
}

export function serve(client: Port, onClose?: () => void): void {
  host().listen(client, true, (message) => handle(client, message as Request), onClose);
}

/** Takes what a worker has sent before it ended: its end is told by another way, and may arrive first. */
export function handleRest(client: Port): void {
  for (let item; (item = host().take(client)) !== undefined;) handle(client, item.message as Request);
}

export function setReply({ words, at }: Words): void {
  Atomics.store(words, at, 1);
  wake(words, at);
}

export function tellAll(inherited: Envelope): void {
  for (const client of clients.keys()) host().post(client, { inherited } satisfies InheritedMessage);
}
