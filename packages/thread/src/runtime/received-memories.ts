/** The memory and the parcels sent by the supervisor, until they are taken. */
import type { NumberedThing } from "@x/core/internal";
import { acceptLink } from "./links.js";
import type { MemoriesMessage } from "../protocol/messages.js";

/** By the number of the question. */
const received = new Map<number, readonly NumberedThing[]>();

let questions = 0;

export function nextQuestion(): number {
  return ++questions;
}

export function receiveMemories({ question, memories, offers }: MemoriesMessage): void {
  offers?.forEach(acceptLink);
  received.set(question, memories);
}

/** The answer to a question; empty if it has not arrived. */
export function takeMemories(question: number): readonly NumberedThing[] {
  const memories = received.get(question) ?? [];
  received.delete(question);
  return memories;
}
