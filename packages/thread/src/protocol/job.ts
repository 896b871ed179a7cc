/** The job of a thread, on its way to a worker. */
import { type Callable, describe, type Envelope } from "@x/core";
import {
  checkNoFunctions,
  checkNoPrivateFields,
  exportRefOf,
  packMoving,
  type TransferableCallable,
  transferableCallable,
} from "@x/core/internal";
import { currentHooks, type Hooks } from "./hooks.js";
import type { Entry } from "../table/layout.js";
import { sharedFieldsOf, shareFields, takeSharedFields } from "./shared-fields.js";

/** The object of the thread to start. */
interface Startable {
  readonly name: string;
}

export interface Start {
  readonly entry: Entry;
  readonly job: Envelope;
  /** The objects in the job to move to the thread. In its starter only. */
  readonly moved?: readonly object[];
}

/**
 * The job before {@link packJob}, and after arrival. Fields without a value are left out, to be
 * sent faster.
 */
export interface Job {
  /** The subclass of Thread, if there is one; its `run` is called. */
  readonly Class?: Callable;
  readonly fields?: Readonly<Record<string, unknown>>;
  readonly target?: TransferableCallable;
  readonly args?: readonly unknown[];
  /** True if the last argument is kwargs. */
  readonly hasKwargs?: true;
  readonly hooks?: Hooks;
}

/**
 * The message that starts a thread. It is a tuple, because names of fields would take longer to
 * send than their values.
 */
export type StartMessage = readonly [slot: number, ident: number, value: unknown, parts: Envelope["parts"]];

export function startMessage({ entry, job }: Start): StartMessage {
  return [entry.slot, entry.ident, job.value, job.parts];
}

export function startOf([slot, ident, value, parts]: StartMessage): Start {
  return { entry: { slot, ident }, job: { value, parts } };
}

/**
 * Packs the job of a thread.
 *
 * @throws TypeError naming what cannot travel, and the cure
 */
export function packJob(
  thread: Startable,
  base: Callable,
  target: TransferableCallable | undefined,
  args: readonly unknown[],
  hasKwargs = false,
  moved: readonly object[] = [],
): Envelope {
  const Class = thread.constructor as Callable;
  if (Class !== base) {
    checkExposed(Class, base, thread.name);
    shareFields(thread, base);
  }
  const fields = fieldsOf(thread);
  if (fields !== undefined) checkNoFunctions(fields, thread.name, Class.name);
  const hooks = currentHooks();
  const job: Job = {
    ...(target !== undefined && { target: transferableCallable(target, "thread") }),
    ...(args.length > 0 && { args }),
    ...(hasKwargs && { hasKwargs }),
    ...(Class !== base && { Class }),
    ...(fields !== undefined && { fields }),
    ...(hooks !== undefined && { hooks }),
  };
  return packMoving(job, thread.name, moved);
}

function checkExposed(Class: Callable, base: Callable, name: string): void {
  checkNoPrivateFields(Class, name, base);
  if (exportRefOf(Class) !== undefined) return;
  throw new TypeError(
    `thread: class ${Class.name} was not exposed, so ${name} could not find it; expose({ ${Class.name} }) in its module`,
  );
}

/**
 * A field may hide an accessor of `base`: `class T extends Thread { daemon = true }` defines such a
 * field. Hands these fields to the accessors. A field without a value is dropped.
 *
 * @throws TypeError if a field hides an accessor without a setter: its worker could neither read
 *   nor set it
 */
export function uncover(thread: object, base: object): void {
  for (const key of Object.keys(thread)) {
    const accessor = Object.getOwnPropertyDescriptor(base, key);
    if (accessor?.get === undefined) continue;
    const self = thread as Record<string, unknown>;
    const value = self[key];
    if (accessor.set === undefined) {
      const Class = describe(thread.constructor).replace(/^function /, "class ");
      throw new TypeError(
        `thread: the field ${key} of ${Class} hides the thread's own ${key}; give the field another name`,
      );
    }
    delete self[key];
    if (value !== undefined) self[key] = value;
  }
}

/** Sets fields of the thread's object, even if its class has an accessor of the same name. */
export function putFields(thread: object, fields: Readonly<Record<string, unknown>> | undefined): void {
  const own = fields && takeSharedFields(thread, fields);
  for (const key in own) {
    const self = thread as Record<string, unknown>;
    if (key in thread && !Object.hasOwn(thread, key))
      Object.defineProperty(thread, key, { value: own[key], writable: true, enumerable: true, configurable: true });
    else self[key] = own[key];
  }
}

/** The own enumerable fields, and the shared fields; undefined if there are none. */
export function fieldsOf(thread: object): Readonly<Record<string, unknown>> | undefined {
  const shared = sharedFieldsOf(thread);
  return shared !== undefined || Object.keys(thread).length > 0 ? { ...thread, ...shared } : undefined;
}
