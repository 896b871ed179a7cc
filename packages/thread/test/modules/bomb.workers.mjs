/** Starts a thread when it is imported, in any thread. */
import { expose, Thread } from "@x/thread";

export function f() {}
expose({ f });
new Thread({ target: f }).start().join();
