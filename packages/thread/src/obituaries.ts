/** What this thread has heard of those who died, and how it asks to hear of others while it sleeps. */
import {
  allocate,
  type Envelope,
  getIdent,
  lookAgain,
  type Obituary,
  type Supervision,
  unpack,
  type Vigil,
  type Wait,
  type Waitee,
  type Words,
} from "@x/core";
import type { ObituaryMessage, VigilRequest } from "./messages.js";
import { deaths, hasDied, noteDeath } from "./world.js";

/** Milliseconds. A holder that has died is found after so long, at the latest: short for those who wait, long for a contended lock. */
const PATIENCE = 200;

/** So many of the dead are remembered by their name. */
export const REMEMBERED = 256;

const heard = new Map<number, Obituary>();

/** Somebody has died. */
export function hear({ ident, name, cause }: ObituaryMessage["obituary"]): void {
  heard.set(ident, obituary(name, cause));
  if (heard.size > REMEMBERED) heard.delete(heard.keys().next().value as number);
  noteDeath(ident); // the supervisor does so too, once it has told everybody: without it the tasks would look too early
  lookAgain();
}

/** Its cause is rebuilt once it is asked for. */
function obituary(name: string, cause: Envelope): Obituary {
  let rebuilt: { readonly error: unknown } | undefined;
  return {
    name,
    get cause() {
      return (rebuilt ??= { error: unpack(cause) }).error;
    },
  };
}

/**
 * The words of this thread's vigils: the number of the one that it keeps, 0 while it is awake. Nobody needs to be told that one is
 * over.
 */
let vigil: Words | undefined;
let vigils = 0;

/** @param ask posts to the supervisor; `receive` takes what has come from there */
export function supervisionBy(ask: (request: VigilRequest) => void, receive: () => void): Supervision {
  return {
    patience: PATIENCE,
    newVigil(on) {
      return newVigil(on, ask);
    },
    obituaryOf(ident) {
      if (!hasDied(ident)) return undefined;
      receive();
      return heard.get(ident) ?? { name: `thread ${ident}`, cause: undefined };
    },
  };
}

function newVigil(on: Waitee, ask: (request: VigilRequest) => void): Vigil {
  const hasHeardOf = deaths();
  const { words, at } = (vigil ??= allocate(Int32Array.BYTES_PER_ELEMENT));
  return {
    begin(wait: Wait) {
      const number = ++vigils;
      Atomics.store(words, at, number);
      ask({
        ask: "vigil",
        vigil: {
          ident: getIdent(),
          on: String(on),
          words: wait.words,
          index: wait.index,
          hasHeardOf,
          number,
          kept: { words, at },
        },
      });
    },
    end: () => void Atomics.store(words, at, 0),
  };
}
