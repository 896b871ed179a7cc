/** How a thread ends its worker: process.exit(), in a browser close(). */

/** In a browser an exit returns, because running code goes on to its end. */
export const exitReturns: boolean = typeof process === "undefined";

/** Ends this worker; see {@link exitReturns}. */
export function exit(code: number): void {
  if (exitReturns) (globalThis as unknown as { close(): void }).close();
  else process.exit(code);
}

/** Does the message of a thread's error tell of this exit? */
export function tellsOfExit(message: string, code: number): boolean {
  return message.endsWith(exitReturns ? "ended by close()" : `ended by process.exit(${code})`);
}
