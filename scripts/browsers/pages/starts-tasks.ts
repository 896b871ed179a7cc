/** What the first thread runs. */
import { expose } from "@x/threading";

export function nothing(): void {
  // The start is measured.
}

expose({ nothing });
