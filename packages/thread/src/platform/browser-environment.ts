/**
 * The environment data of a page and of its threads. Core's row of browsers has no such data, because a
 * lock needs none; this file completes the row. A page sets the data. The worker of a thread gets them
 * by its first message.
 */
import { platform } from "@x/core/internal";

/** One for all copies of this package in a thread. */
const KEY = Symbol.for("@x/thread environment 1");

/** The number of this worker among those of the page. */
const NATIVE_ID = "@x/thread native id";

export const environment: Map<string, unknown> = ((globalThis as { [KEY]?: Map<string, unknown> })[KEY] ??= new Map());

if (platform.name === "browser") {
  platform.getEnvironmentData = (key) => environment.get(key);
  platform.setEnvironmentData = (key, value) => void environment.set(key, value);
  platform.nativeId = () => (environment.get(NATIVE_ID) ?? 0) as number;
}

/** In the worker of a thread: takes over the data of the page. */
export function inheritEnvironment(data: ReadonlyMap<string, unknown>, nativeId: number): void {
  for (const [key, value] of data) environment.set(key, value);
  environment.set(NATIVE_ID, nativeId);
}
