/**
 * The submitters of an executor: the threads that have submitted tasks, or ask for results.
 *
 * Words of a submitter's block
 *   BELL       changes when something has arrived for a waiting submitter (followed by its async epoch)
 *   IS_WAITING 1: the submitter waits, or is about to: ring its bell
 *   ARRIVALS   the first arrival that was not taken; LAST_ARRIVAL the last one
 *   NEXT_SUBMITTER   the block of the submitter that came before
 *   IDENT      the thread; ~ the thread: it leaves, and takes what has arrived so far; 0: the block is free for another
 *              submitter. A worker of @x/thread runs one thread after another, and keeps its block
 *   VIEWS_PENDING    1: the thread has futures of other submitters, so each end of such a task rings
 *   by the owner of LOCK, but for the async epoch
 */
import { WAITED_ON_WORDS } from "@x/core";
import { WORD_BYTES } from "./words.js";

export const BELL = 0;
export const IS_WAITING: number = WAITED_ON_WORDS;
export const ARRIVALS: number = IS_WAITING + 1;
export const LAST_ARRIVAL: number = IS_WAITING + 2;
export const NEXT_SUBMITTER: number = IS_WAITING + 3;
export const IDENT: number = IS_WAITING + 4;
export const VIEWS_PENDING: number = IS_WAITING + 5;
export const SUBMITTER_BYTES: number = (VIEWS_PENDING + 1) * WORD_BYTES;
