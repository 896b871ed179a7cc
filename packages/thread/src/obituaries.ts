/** What this thread has heard of those who died. */
import { type Envelope, lookAgain, type Obituary, unpack } from "@x/core";
import type { ObituaryMessage } from "./messages.js";
import { hasDied, noteDeath } from "./world.js";

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

/** @param receive takes what has come from the supervisor: what it told of a death is there before the table shows it */
export function obituaryOf(ident: number, receive: () => void): Obituary | undefined {
  if (!hasDied(ident)) return undefined;
  receive();
  return heard.get(ident) ?? { name: `thread ${ident}`, cause: undefined };
}
