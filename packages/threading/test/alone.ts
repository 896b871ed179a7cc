import { isMainThread } from "@x/threading";

/** The value of `activeCount()` without the threads of a test. In a page the tests run in a thread. */
export const ALONE = isMainThread ? 1 : 2;
