/**
 * The row of browsers: pages and Web Workers. @x/thread completes it: it adds the worker's number and
 * the environment data, because a lock needs neither.
 */
import { timersOfNow } from "./clock.js";
import type { Platform } from "./platform.js";

let ident = 0;

export const browser: Platform = {
  isHere: () => true,
  name: "browser",

  nativeId: () => 0,
  /** Browsers do not number their threads: a page takes 1, a worker an odd random number. */
  foreignIdent() {
    if (typeof document !== "undefined") return 1;
    if (ident === 0) {
      const [random = 0] = crypto.getRandomValues(new Uint32Array(1));
      ident = ((random >>> 3) | 1) === 1 ? 3 : (random >>> 3) | 1;
    }
    return ident;
  },
  /** A page and its workers live until the page is closed. */
  keepAlive: () => undefined,
  timers: timersOfNow,
  setTimer: (callback, ms) => timersOfNow().setTimer(callback, ms),
  textCoders: () => [new TextEncoder(), new TextDecoder()],
  cores: () => navigator.hardwareConcurrency,

  workersGetEnvironmentData: false,
  getEnvironmentData: () => undefined,
  setEnvironmentData: () => undefined,
  env: () => undefined,
  hasFastWasm: () => false,
};
