/** The messages between the page and the worker that runs the tests. */

/**
 * The page makes the workers of the bunches: under automation, a worker that Firefox makes in a
 * worker fails to start now and then.
 */
export type Request =
  | { readonly make: number; readonly answers: SharedArrayBuffer }
  | { readonly to: number; readonly order: unknown }
  | { readonly terminate: number };

/** The first message to the worker of a bunch. */
export interface Birth {
  readonly lock: string;
  readonly answers: SharedArrayBuffer;
}

/** The Web Lock that the worker of a bunch holds as long as it lives. */
export function lockOf(number: number): string {
  return `bunch ${number}`;
}

/** The length in bytes of an answer, in its memory; 0: there is none. The bytes follow. */
export const LENGTH = 0;
export const ANSWER_OFFSET = 4;
export const ANSWER_BYTES = 4096;
export const ANSWER_BYTES_MAX: number = 64 << 20;

/** Sends a line of the results. Synchronous, because the sender may be blocked or die at once. */
export function tell(path: string, line: object): void {
  const request = new XMLHttpRequest();
  request.open("POST", path, false);
  request.send(JSON.stringify(line));
}
