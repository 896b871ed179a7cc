/**
 * The clients of the supervisor: its starter, every worker, and the supervisor itself. They send requests.
 */
import { type Envelope, wake, type Words } from "@x/core";
import { host } from "../platform/host.js";
import type { Port } from "../platform/thread-platform.js";
import type { HooksMessage, Request } from "../protocol/messages.js";

/** Every client, by its port, with its words of news.ts. */
export const clients = new Map<Port, Words>();
/** The port for the supervisor's own requests. */
let own: Port | undefined;

export function setSelf(port: Port): void {
  own = port;
}

export function isSelf(client: Port): boolean {
  return client === own;
}

export function self(): Port {
  return own!;
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

/**
 * Handles the requests sent by a worker before it ended. The event of its end travels another way,
 * and may arrive first.
 */
export function handleRest(client: Port): void {
  for (let item; (item = host().take(client)) !== undefined;) handle(client, item.message as Request);
}

export function setReply({ words, at }: Words): void {
  Atomics.store(words, at, 1);
  wake(words, at);
}

export function broadcastHooks(hooks: Envelope): void {
  for (const client of clients.keys()) host().post(client, { hooks } satisfies HooksMessage);
}
