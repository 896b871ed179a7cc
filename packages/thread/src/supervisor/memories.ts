/**
 * Stored values name shared memory and parcels by number: see core's memory-numbers.ts. The supervisor keeps
 * both.
 *
 * A record per memory has
 *   uses       how many stored values name it. A thread posts +1 before it stores a value, and −1 after the
 *              value was taken out or replaced. Two threads' posts may arrive in the other order, so the number may be
 *              negative for a while
 *   memory     the memory, while a thread may ask for it; or
 *   parcel     the objects moved into a value, until a thread takes them
 * and if it is a container, memory of a store,
 *   names      how often its values name each memory
 *   holders    the threads with the container
 *
 * Invariants
 *   1. If a thread can read a number in a store, its +1 is on the way: it was posted before. So for an
 *      unknown number the supervisor reads all posts, then answers.
 *   2. A record without uses and without holders ends, and with it the uses by its own values, because no thread
 *      can read them. If two containers name each other, they do not end.
 *   3. A parcel has a single use, by the value with its number. If a thread takes the value, it asks for the
 *      parcel, and does so only once. The request ends the use.
 *   4. If a container left its thread in a message, its holders are unknown. It does not end while its values
 *      name memory.
 */
import type { Words } from "@x/core";
import {
  expectGarbage,
  hasLeft,
  isStoreMemory,
  type NumberedMemory,
  type NumberedThing,
  type Parcel,
} from "@x/core/internal";
import { host } from "../platform/host.js";
import type { Port } from "../platform/thread-platform.js";
import type { DroppedMessage, LinkOffer, MemoriesMessage } from "../protocol/messages.js";
import { clients, handleRest, setReply } from "./clients.js";

interface MemoryRecord {
  memory: SharedArrayBuffer | undefined;
  /** The objects, and the container of their value. */
  parcel: KeptParcel | undefined;
  uses: number;
  readonly names: Map<number, number>;
  readonly holders: Set<Port>;
}

interface KeptParcel {
  readonly objects: readonly object[];
  readonly container: number;
  /** A link for the thread that takes it. */
  readonly offer: LinkOffer | undefined;
}

const records = new Map<number, MemoryRecord>();
/** The containers of each thread. */
const held = new Map<Port, Set<number>>();

/** How many memories are kept. */
export function keptMemories(): number {
  return records.size;
}

function recordOf(number: number): MemoryRecord {
  let record = records.get(number);
  if (record === undefined)
    records.set(
      number,
      (record = { memory: undefined, parcel: undefined, uses: 0, names: new Map(), holders: new Set() }),
    );
  return record;
}

function addHolder(client: Port, number: number, { holders }: MemoryRecord): void {
  holders.add(client);
  let containers = held.get(client);
  if (containers === undefined) held.set(client, (containers = new Set()));
  containers.add(number);
}

/** A client is about to store a value in `container`. The value names `memories`. */
export function keepMemories(
  client: Port,
  [container, its]: NumberedMemory,
  memories: readonly NumberedMemory[],
): void {
  const from = recordOf(container);
  from.memory = its;
  addHolder(client, container, from);
  for (const [number, memory] of memories) {
    const to = recordOf(number);
    to.memory = memory;
    to.uses += 1;
    if (isStoreMemory(memory)) addHolder(client, number, to);
    count(from.names, number, 1);
  }
  for (const [number] of memories) settle(number);
  settle(container);
}

/** A client is about to store a value in `container`. The value names this parcel. */
export function deposit(
  client: Port,
  [container, its]: NumberedMemory,
  { number, objects }: Parcel,
  offer?: LinkOffer,
): void {
  const from = recordOf(container);
  from.memory = its;
  addHolder(client, container, from);
  const to = recordOf(number);
  to.parcel = { objects, container, offer };
  to.uses += 1;
  count(from.names, number, 1);
}

/** Takes a parcel out; undefined if it was taken before. */
function takeParcel(number: number): KeptParcel | undefined {
  const parcel = records.get(number)?.parcel;
  if (parcel === undefined) return undefined;
  dropMemories(parcel.container, [number]);
  return parcel;
}

/**
 * A value with this parcel was dropped. Two threads may report it, if one of them died. The report may come before the
 * parcel.
 */
export function dropParcel(number: number): void {
  whenKnown([number], () => {
    const parcel = takeParcel(number);
    if (parcel?.offer !== undefined) host().close(parcel.offer.port);
    if (parcel === undefined)
      for (const client of clients.keys()) host().post(client, { dropped: number } satisfies DroppedMessage);
  });
}

/** A value with these numbers has left the container. */
export function dropMemories(container: number, numbers: readonly number[]): void {
  const from = recordOf(container);
  for (const number of numbers) {
    count(from.names, number, -1);
    recordOf(number).uses -= 1;
    settle(number);
  }
  settle(container);
}

/** A client has a container no more. */
export function letGo(client: Port, container: number): void {
  held.get(client)?.delete(container);
  records.get(container)?.holders.delete(client);
  settle(container);
}

/** A client has ended, after its requests were handled. */
export function letGoAll(client: Port): void {
  for (const container of held.get(client) ?? []) letGo(client, container);
  held.delete(client);
}

function count(names: Map<number, number>, number: number, by: number): void {
  const uses = (names.get(number) ?? 0) + by;
  if (uses === 0) names.delete(number);
  else names.set(number, uses);
}

/** Ends the record, or lets its memory go, if nothing needs it any more. */
function settle(number: number): void {
  const record = records.get(number);
  if (record === undefined || record.uses !== 0) return;
  const { names, holders, memory } = record;
  if (names.size === 0) {
    if (memory !== undefined) expectGarbage(memory.byteLength);
    record.memory = undefined;
    record.parcel = undefined;
  } else if (memory !== undefined && hasLeft(memory)) return;
  if (holders.size > 0 || [...names.values()].some((uses) => uses < 0)) return; // a +1 is on its way
  records.delete(number);
  for (const [name, uses] of names) {
    recordOf(name).uses -= uses;
    settle(name);
  }
}

/** Sends the kept memory of these numbers. */
export function replyMemories(
  client: Port,
  {
    question,
    numbers,
    reply,
  }: { readonly question: number; readonly numbers: readonly number[]; readonly reply: Words },
): void {
  whenKnown(numbers, () => {
    const offers: LinkOffer[] = [];
    const memories = memoriesFor(client, numbers, offers);
    const moved = memories.flatMap(([, thing]) => (Array.isArray(thing) ? (thing as object[]) : []));
    const send = (
      things: readonly NumberedThing[],
      offered: readonly LinkOffer[],
      objects: readonly object[],
    ): void => {
      const ports = offered.map(({ port }) => port);
      host().post(client, { question, memories: things, offers: offered } satisfies MemoriesMessage, ports, objects);
    };
    try {
      send(memories, offers, moved);
    } catch {
      for (const { port } of offers) host().close(port);
      sendWithoutLinks();
    }

    // A thread that has offered a link, and has ended, takes the port with it.
    function sendWithoutLinks(): void {
      try {
        send(memories, [], moved);
      } catch (error) {
        const told = memories.map(([number, thing]) => [number, Array.isArray(thing) ? String(error) : thing] as const);
        send(told, [], []);
      }
    }
    setReply(reply);
  });
}

/** Does the supervisor have the memory or the parcel of each number now? */
export function knows(numbers: readonly number[]): boolean {
  return numbers.every((number) => {
    const record = records.get(number);
    return record?.memory !== undefined || record?.parcel !== undefined;
  });
}

/** The kept memory and parcels of these numbers; the client has them from now on. @param offers the links go there */
export function memoriesFor(
  client: Port,
  numbers: readonly number[],
  offers: LinkOffer[] = [],
): readonly NumberedThing[] {
  return numbers.flatMap((number): NumberedThing[] => {
    const parcel = takeParcel(number);
    if (parcel?.offer !== undefined) offers.push(parcel.offer);
    if (parcel !== undefined) return [[number, parcel.objects]];
    const record = records.get(number);
    if (record?.memory === undefined) return [];
    if (isStoreMemory(record.memory)) addHolder(client, number, record);
    return [[number, record.memory]];
  });
}

/** Calls back when the numbers are known, or all earlier posts are handled: invariant 1. */
export function whenKnown(numbers: readonly number[], callback: () => void): void {
  const isKnown = (): boolean => knows(numbers);
  if (!isKnown()) for (const client of clients.keys()) handleRest(client);
  const { arrived } = host();
  if (arrived === undefined || isKnown()) return callback();
  const pending = [...clients.keys()].map(async (client) => arrived(client)); // some requests need a turn of the event loop
  void Promise.all(pending).then(() => {
    for (const client of clients.keys()) handleRest(client);
    callback();
  });
}
