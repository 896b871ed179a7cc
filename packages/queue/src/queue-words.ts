/**
 * The words of a queue.
 *
 *   LOCK …     an exclusive synchronizer, see core's synchronizer.ts and exclusive.ts
 *   FLAGS      SHUT_DOWN   no more puts
 *              IMMEDIATE   no more gets, either; the items that are left count as none
 *   MAXSIZE    the most items; 0: any number
 *   DONE       the number of finished tasks, wrapping
 *   NOT_EMPTY  changes when a getter may go on (followed by its async epoch)
 *   GETTERS    how many getters may wait for NOT_EMPTY; never too few
 *   NOT_FULL   changes when a putter may go on (followed by its async epoch)
 *   PUTTERS    how many putters may wait for NOT_FULL; never too few
 *   ALL_DONE   changes when all tasks are finished (followed by its async epoch)
 *   JOINERS    how many joiners may wait for ALL_DONE; never too few
 *   ITEMS …    the items, see items.ts
 *   all by the owner of LOCK, but for the async epochs
 */
import { WAITED_ON_WORDS } from "@x/core";
import { SYNCHRONIZER_WORDS } from "@x/core/internal";
import { ITEMS_WORDS } from "./items.js";

export const LOCK = 0;
export const FLAGS: number = SYNCHRONIZER_WORDS;
export const MAXSIZE: number = FLAGS + 1;
export const DONE: number = FLAGS + 2;
const NOT_EMPTY: number = FLAGS + 3;
const GETTERS: number = NOT_EMPTY + WAITED_ON_WORDS;
const NOT_FULL: number = GETTERS + 1;
const PUTTERS: number = NOT_FULL + WAITED_ON_WORDS;
const ALL_DONE: number = PUTTERS + 1;
const JOINERS: number = ALL_DONE + WAITED_ON_WORDS;
export const ITEMS: number = JOINERS + 1;

/** The size of a queue without its items, in bytes. */
export const QUEUE_BYTES: number = (ITEMS + ITEMS_WORDS) * Int32Array.BYTES_PER_ELEMENT;

export const SHUT_DOWN = 1;
export const IMMEDIATE = 2;

/** A word that waiters wait for, and the word that counts them. */
export type Gate = readonly [word: number, waiters: number];

export const GETS_GATE: Gate = [NOT_EMPTY, GETTERS];
export const PUTS_GATE: Gate = [NOT_FULL, PUTTERS];
export const JOINS_GATE: Gate = [ALL_DONE, JOINERS];
