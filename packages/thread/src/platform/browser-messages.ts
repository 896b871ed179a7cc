/** The messages between a page and the workers of its threads. The user's own messages pass beside them. */
import type { Routed } from "./browser-channels.js";

export const ROUTE = "@x/thread route";
export const READY = "@x/thread ready";
export const ROLE = "@x/thread role";
export const LEAVING = "@x/thread leaving";

/** The first message to a worker. */
export interface RoleMessage {
  readonly [ROLE]: unknown;
  /** The worker holds this Web Lock for life. */
  readonly lock: string;
  readonly nativeId: number;
  /** A word: the number of {@link RouteMessage}s of the worker, counted before each post. */
  readonly posted: Int32Array;
  readonly environment: ReadonlyMap<string, unknown>;
}

export interface RouteMessage {
  readonly [ROUTE]: Routed;
}

interface ReadyMessage {
  readonly [READY]: true;
}

/** The last message of a worker that ends by itself. */
export interface LeavingMessage {
  readonly [LEAVING]: true;
}

export type FromWorker = RouteMessage | ReadyMessage | LeavingMessage;
