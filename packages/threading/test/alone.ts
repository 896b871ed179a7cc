import { isMainThread } from "@x/threading";

/** What `activeCount()` is beside the threads of a test. In a page the tests run in a thread. */
export const ALONE = isMainThread ? 1 : 2;
