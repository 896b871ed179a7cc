import { expose, stackSize, Thread } from "@x/thread";
import { LONG, probe } from "./probe.mjs";

export function depth() {
  const down = (n) => {
    try {
      return down(n + 1);
    } catch {
      return n;
    }
  };
  return down(0);
}
expose({ depth });

await probe(() => {
  const measure = () => new Thread({ target: depth }).start().result(LONG);
  const usual = measure();
  stackSize(16 * 1024 * 1024);
  const large = measure();
  if (large < 2 * usual) return "accepted, but the stack is as large as before";
});
