import { expose, setExceptHook, Thread } from "@x/thread";
import { LONG, probe, same, thrownBy } from "./probe.mjs";

export function forget() {
  void Promise.reject(new RangeError("nobody catches this"));
  return new Promise((resolve) => setTimeout(resolve, 5000));
}
expose({ forget });

await probe(() => {
  setExceptHook(() => undefined);
  const thread = new Thread({ target: forget }).start();
  same(String(thrownBy(() => thread.result(LONG))), "RangeError: nobody catches this", "what result() throws");
});
