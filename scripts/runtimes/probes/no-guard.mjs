// Forgets `if (isMainThread)`.
import { expose, Thread } from "@x/thread";

export const nothing = () => undefined;
expose({ nothing });

new Thread({ target: nothing }).start().result(10_000);
