/**
 * Channels of browsers. A blocked thread takes messages from them, though a browser delivers a message only in
 * a turn of the event loop.
 *
 * A channel has a ring for each direction. Both ends know the rings from the start. If a message can be
 * bytes, it is a record of the ring. Any other message is sent by the page, such as a message with shared
 * memory new to the receiver. Then a record of the ring holds its place:
 *
 *   BYTES   a message
 *   PLACE   the number of a message sent by the page
 *
 * A `MessagePort` is not used, for two reasons. Firefox delays a blocked thread's posts, if the thread has
 * just made the channel. And it loses a message, once in a hundred pages, if a port is passed on twice.
 * `postMessage` between a page and its workers never fails.
 *
 * Invariants
 *   1. The message is sent before its PLACE is written. So a place never waits for an unsent message,
 *      and a message leaves no place if it cannot be cloned:
 *      // T1 writes a place, and is terminated before it sends: the place would wait for ever.
 *      If the message arrives first, its place is skipped later.
 *   2. In its event loop a thread receives messages in the order they were sent: it waits at a
 *      place. A blocked thread passes over places, because a message on its way would delay all
 *      later messages.
 */
import { adopt, decode, encode, newRing, nextRecord, readRecord, wakeReader, writeRecord } from "@x/core/internal";
import { environment } from "./browser-environment.js";
import type { Port } from "./thread-platform.js";

/** The posted form of an end of a channel. */
export interface ChannelEnd {
  readonly id: number;
  readonly side: 0 | 1;
  readonly out: SharedArrayBuffer;
  readonly in: SharedArrayBuffer;
}

/** A message from the page to an end of a channel. */
export interface Routed {
  readonly id: number;
  readonly to: 0 | 1;
  /** Its number in this direction; 0: the other end is gone. */
  readonly number: number;
  readonly message: unknown;
  /** The shared memory in it. From now on the receiver can send it back by number, from `firstMemory` on. */
  readonly memory: readonly SharedArrayBuffer[];
  readonly firstMemory: number;
  /** The ends in it. They belong to its receiver from now on. */
  readonly ends: readonly ChannelEnd[];
  /** The moved objects of the user in it. */
  readonly moved: readonly object[];
}

type Item = { readonly message: unknown };

const BYTES = 1;
const PLACE = 2;

/** Memory known to all threads of the program, in the same order: the environment data. */
const common: SharedArrayBuffer[] = [];
/** This number and higher numbers are for memory from the channel; lower numbers are for `common`. */
const FIRST_RECEIVED = 16;

/** Reads the memory in the environment data. No entry of it is ever dropped or changed. */
export function learnCommonMemory(): void {
  for (const value of environment.values()) {
    if (value instanceof SharedArrayBuffer && !common.includes(value)) common.push(value);
  }
}

let route: (routed: Routed) => void = () => undefined;

/** Sets how other messages than bytes leave this thread. `how` throws if a message cannot be cloned. */
export function routeBy(how: (routed: Routed) => void): void {
  route = how;
}

export function endOf(port: Port): ChannelEnd {
  return port as unknown as ChannelEnd;
}

export function keyOf(id: number, side: number): string {
  return `${id} ${side}`;
}

/** The used ends in this thread. */
const ends = new Map<string, End>();

/** The state of an end in this thread. */
class End {
  /** Messages in order; a number is the place of a message on its way. */
  private readonly items: (Item | number)[] = [];
  /** The numbers of arrived messages with a place still unread. */
  private readonly early = new Set<number>();
  /** Called when a message has filled a place, or the other end is gone. */
  private waiting: (() => void)[] = [];
  private sent = 0;
  private readonly told: SharedArrayBuffer[] = [];
  private readonly received: SharedArrayBuffer[] = [];
  private onMessage: ((message: unknown) => void) | undefined;
  private onClose: (() => void) | undefined;
  private isClosed = false;

  constructor(private readonly channel: ChannelEnd) {}

  post(message: unknown, transfer: readonly Port[], moved: readonly object[]): void {
    const { id, side, out } = this.channel;
    const bytes =
      transfer.length === 0 && moved.length === 0 ? encode(message, (memory) => this.numberOf(memory)) : undefined;
    if (bytes !== undefined && writeRecord(out, BYTES, bytes)) return;
    const memory = memoryIn(message).filter((buffer) => !common.includes(buffer));
    const number = this.sent + 1;
    route({
      id,
      to: side === 0 ? 1 : 0,
      number,
      message,
      memory,
      firstMemory: this.told.length,
      ends: transfer.map(endOf),
      moved,
    });
    this.sent = number;
    this.told.push(...memory);
    writeRecord(out, PLACE, new Uint8Array(Int32Array.of(number).buffer)); // without room for it, only the order is lost
  }

  private numberOf(memory: SharedArrayBuffer): number | undefined {
    const one = oneOf(memory);
    const number = common.indexOf(one);
    if (number >= 0) return number;
    const received = this.received.indexOf(one);
    return received < 0 ? undefined : FIRST_RECEIVED + received;
  }

  private memoryOf(number: number): SharedArrayBuffer {
    return (number < FIRST_RECEIVED ? common[number] : this.told[number - FIRST_RECEIVED]) as SharedArrayBuffer;
  }

  /** Reads all records of the ring. */
  private read(): void {
    for (let record; (record = readRecord(this.channel.in)) !== undefined;) {
      if (record.kind === BYTES) {
        this.items.push({ message: decode(record.bytes, (number) => this.memoryOf(number)) });
        continue;
      }
      const [number = 0] = new Int32Array(record.bytes.buffer, 0, 1);
      if (!this.early.delete(number) && !this.isClosed) this.items.push(number);
    }
  }

  /** A message has arrived by the page. */
  arrive({ number, message, memory, firstMemory }: Routed): void {
    memory.forEach((buffer, i) => (this.received[firstMemory + i] = oneOf(buffer)));
    this.read();
    if (number === 0) return this.end();
    const place = this.items.indexOf(number);
    if (place >= 0) this.items[place] = { message };
    else {
      this.items.push({ message });
      this.early.add(number);
    }
    this.proceed();
  }

  /** The other end is gone: messages still on their way are lost. */
  private end(): void {
    this.isClosed = true;
    const rest = this.items.filter((item) => typeof item !== "number");
    this.items.splice(0, Infinity, ...rest);
    this.proceed();
    this.onClose?.();
    if (this.onMessage !== undefined) close(this.channel as unknown as Port);
  }

  private proceed(): void {
    const { waiting } = this;
    this.waiting = [];
    for (const resume of waiting) resume();
    this.deliver();
  }

  /** Takes the first arrived message. */
  take(): Item | undefined {
    this.read();
    const at = this.items.findIndex((item) => typeof item !== "number");
    return at < 0 ? undefined : (this.items.splice(at, 1)[0] as Item);
  }

  /** Calls back with the first message after its arrival; with undefined if there is none. */
  next(callback: (item: Item | undefined) => void): void {
    this.read();
    if (typeof this.items[0] === "number") this.waiting.push(() => this.next(callback));
    else callback(this.items.shift() as Item | undefined);
  }

  /** Resolves when no message is on its way; undefined if none is. */
  arrived(): Promise<void> | undefined {
    this.read();
    if (!this.items.some((item) => typeof item === "number")) return undefined;
    return new Promise((resolve) => this.waiting.push(() => resolve(this.arrived())));
  }

  listen(onMessage: (message: unknown) => void, onClose: (() => void) | undefined): void {
    this.onMessage = onMessage;
    this.onClose = onClose;
    // In a later turn, like an event: a starter listens, then notes the thread. Its outcome may be there already.
    queueMicrotask(() => this.follow());
  }

  /** Delivers the messages, and awaits the next record. */
  private follow(): void {
    if (ends.get(keyOf(this.channel.id, this.channel.side)) !== this) return; // closed
    const next = nextRecord(this.channel.in) ?? Promise.resolve();
    this.deliver();
    void next.then(() => this.follow());
  }

  private deliver(): void {
    if (this.onMessage === undefined) return;
    this.read();
    while (this.items.length > 0 && typeof this.items[0] !== "number") {
      const { message } = this.items.shift() as Item;
      this.onMessage(message);
      this.read();
    }
  }

  /** Ends the wait for the next record: the wait keeps the memory alive. */
  close(): void {
    wakeReader(this.channel.in);
  }
}

/** The messages for ends still unused in this thread, or about to be passed on. */
const kept = new Map<string, Routed[]>();

function stateOf(port: Port): End {
  const channel = endOf(port);
  const key = keyOf(channel.id, channel.side);
  const known = ends.get(key);
  if (known !== undefined) return known;
  const end = new End(channel);
  ends.set(key, end);
  for (const routed of takeKept(key)) end.arrive(routed);
  return end;
}

/** Takes all arrived messages for an end that leaves this thread. */
export function takeKept(key: string): readonly Routed[] {
  const messages = kept.get(key) ?? [];
  kept.delete(key);
  return messages;
}

export function openChannel(): [Port, Port] {
  learnCommonMemory();
  const [there, back] = [newRing(), newRing()];
  const [high = 0, low = 0] = crypto.getRandomValues(new Uint32Array(2));
  const id = high * 2 ** 20 + (low >>> 12);
  return [
    { id, side: 0, out: there, in: back } as unknown as Port,
    { id, side: 1, out: back, in: there } as unknown as Port,
  ];
}

export function post(
  port: Port,
  message: unknown,
  transfer: readonly Port[] = [],
  moved: readonly object[] = [],
): void {
  stateOf(port).post(message, transfer, moved);
}

export function take(port: Port): Item | undefined {
  return stateOf(port).take();
}

export function next(port: Port, callback: (item: Item | undefined) => void): void {
  stateOf(port).next(callback);
}

export function arrived(port: Port): Promise<void> | undefined {
  return stateOf(port).arrived();
}

export function listen(port: Port, onMessage: (message: unknown) => void, onClose?: () => void): void {
  stateOf(port).listen(onMessage, onClose);
}

export function close(port: Port): void {
  const { id, side } = endOf(port);
  const end = ends.get(keyOf(id, side));
  ends.delete(keyOf(id, side));
  end?.close();
}

/** Passes a message of the page on to an end in this thread. */
export function arrive(routed: Routed): void {
  const key = keyOf(routed.id, routed.to);
  const end = ends.get(key);
  if (end !== undefined) end.arrive(routed);
  else if (routed.number !== 0) kept.set(key, [...(kept.get(key) ?? []), routed]);
}

/**
 * This thread's object for this memory. Each message brings another object, and an engine does not
 * tell whether two are the same memory; but a slab has a number in its header.
 */
function oneOf(memory: SharedArrayBuffer): SharedArrayBuffer {
  return adopt({ buffer: memory }, 0, "thread").words.buffer as SharedArrayBuffer;
}

/** The shared memory in a message, without duplicates. */
function memoryIn(message: unknown): SharedArrayBuffer[] {
  const found = new Set<SharedArrayBuffer>();
  const seen = new Set<object>();
  const look = (value: unknown): void => {
    if (typeof value !== "object" || value === null || seen.has(value)) return;
    seen.add(value);
    if (value instanceof SharedArrayBuffer) found.add(value);
    else if (ArrayBuffer.isView(value)) look(value.buffer);
    else if (value instanceof Map) value.forEach((item, key) => (look(key), look(item)));
    else if (value instanceof Set) value.forEach(look);
    else Object.values(value).forEach(look);
  };
  look(message);
  return [...found];
}
