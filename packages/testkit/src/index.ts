export { bunch, Bunch, type BunchOptions, type Member } from "./bunch.js";
export { expectDuration, LONG, pause, pauseAsync, SHORT, timed, timedAsync, until, untilAsync } from "./time.js";
export { watchdog } from "./watchdog.js";
