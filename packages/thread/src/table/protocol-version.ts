/** What copies of this package must agree on to work together. */

/**
 * The slots of this package, in the realm of a thread and in what workers inherit, bear this name. Raise the number for a change that older
 * copies would get wrong: of the table of threads, of messages, of what an exported name means. Copies of different numbers do not see
 * each other's threads, but share {@link ROOT}.
 */
export const PROTOCOL = "@x/thread 1";

/** Where every version, for ever, finds what {@link Root} says. */
export const ROOT = "@x/thread root";

/** The thread in which any version of this library was loaded first, as its descendants know it. */
export interface Root {
  /** Its ident. */
  readonly ident: number;
  /** Where half of the ident stands that was given out last, for all that descend from it. */
  readonly buffer: SharedArrayBuffer;
  readonly at: number;
}
