/** The protocol between several copies of this package. */

/**
 * Names the slots of this package, in the realm of a thread and in environment data. Raise the
 * number for each change that older copies would misread: of the thread table, of messages, of the
 * meaning of an export. Copies with different numbers do not see each other's threads, but share
 * {@link ROOT}.
 */
export const PROTOCOL = "@x/thread 1";

/** Where every version finds its {@link Root}. It never changes. */
export const ROOT = "@x/thread root";

/** The root of a table, for its descendants: the first thread with any version. */
export interface Root {
  /** Its ident. */
  readonly ident: number;
  /** Where half of the last ident given out is stored, for all descendants of the root. */
  readonly buffer: SharedArrayBuffer;
  readonly at: number;
}
