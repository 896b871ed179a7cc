// Forgets `if (isMainThread)`.
import { expose, Thread } from "@x/thread";

export const nothing = () => undefined;
expose(import.meta, { nothing });

new Thread({ target: nothing }).start().result(10_000);
