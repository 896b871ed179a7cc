/** How a handle of a thread travels inside arguments and results. */
import { type Callable, type Envelope, type ExportRef, pack, type Packed, packedAs, unpack } from "@x/core";
import { exportRefOf, resolveExport } from "@x/core/internal";
import { PROTOCOL } from "../platform/protocol-version.js";
import { fieldsOf, putFields } from "../protocol/job.js";
import { cache, isCached, objectFor, VIEW } from "../runtime/thread-objects.js";
import type { Entry } from "../table/layout.js";
import type { ThreadOutcome } from "./thread-outcome.js";

export const KIND: string = `${PROTOCOL} Thread`;

/** The facts that the other thread reads from the handle: the table may have lost them by then. */
interface Known {
  readonly entry: Entry;
  readonly name: string;
  readonly daemon: boolean;
  readonly nativeId: number | undefined;
}

export interface ThreadData extends Known {
  readonly outcome: Envelope | undefined;
  readonly origin: ExportRef | undefined;
  /** The fields at the time the handle was sent. */
  readonly fields: Envelope | undefined;
}

type ThreadObject = Parameters<typeof cache>[1];

/** @param ended the outcome of a thread that has ended; undefined if the other thread may ask for it */
export function packHandle(thread: ThreadObject, known: Known, ended: ThreadOutcome | undefined): Packed {
  const { entry } = known;
  if (ended !== undefined && !isCached(entry)) cache(entry, thread); // other threads know it from now on, and may send it back
  const origin = exportRefOf(thread.constructor as Callable);
  const data: ThreadData = {
    ...known,
    outcome: ended && packOutcome(thread, ended),
    origin,
    fields: packGuarded(thread, () => fieldsOf(thread) ?? {}, "the fields"),
  };
  return { ...packedAs(KIND, data), exportRef: origin };
}

function packOutcome(thread: ThreadObject, { packed, known }: ThreadOutcome): Envelope | undefined {
  return packed ?? (known && packGuarded(thread, () => known, "the outcome"));
}

const beingPacked = new Set<object>();

/** Packs content. If it contains this thread, the inner handle travels without the content. */
function packGuarded(thread: ThreadObject, content: () => unknown, what: string): Envelope | undefined {
  if (beingPacked.has(thread)) return undefined;
  beingPacked.add(thread);
  try {
    return pack(content(), `${what} of ${thread.name}`);
  } finally {
    beingPacked.delete(thread);
  }
}

/** The object of the thread here; a new object gets the travelled fields. */
export function objectOf({ entry, name, daemon, nativeId, origin, fields }: ThreadData): object {
  const Class = origin && resolveExport(origin);
  const isNew = !isCached(entry, Class);
  const thread = objectFor({ [VIEW]: entry, name, daemon, nativeId }, Class);
  if (isNew && fields !== undefined) putFields(thread, unpack(fields));
  return thread;
}
