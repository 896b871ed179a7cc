/** The starts awaited by tasks of this thread. If a thread cannot begin, the task throws its error. */
export const awaitedStarts = new Set<number>();
