// Preloaded into every thread: each started thread leaks 64 KiB.
import { Thread } from "@x/threading";

const kept = [];
const { start } = Thread.prototype;
Thread.prototype.start = function () {
  kept.push(new Uint8Array(2 ** 16).fill(1));
  return start.call(this);
};
