/** The starts that tasks of this thread await. Such a task throws the error of a thread that could not begin. */
export const awaitedStarts = new Set<number>();
