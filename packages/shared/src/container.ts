/** The base of the containers: shared objects with a growing memory of their own. */
import { checkInteger, describe, type PrimitiveHandle, ThreadError } from "@x/core";
import {
  checkKeys,
  type EncodedValue,
  Existing,
  memoryInHandle,
  newStoreMemory,
  storing,
  NO_BLOCK,
  Store,
  STORE_BYTES_MAX,
  STORE_WORDS,
} from "@x/core/internal";
import { encodeShared } from "./encoding.js";
import { GUARD_WORDS } from "./guard.js";
import { type HashedKey, keptKey } from "./key.js";
import { SharedBase } from "./shared-base.js";

/** The store of a container follows its guard. */
const STORE = GUARD_WORDS;

/** The first word of a subclass. */
export const CONTAINER_WORDS: number = STORE + STORE_WORDS;

/** 256 MiB: browsers refuse to reserve much more for many containers. */
const MAX_BYTES = 2 ** 28;
const MIN_BYTES = 2 ** 12;

/** The result of `share()`: plain data, ready to post to any worker. */
export interface ContainerHandle extends PrimitiveHandle {
  /** The memory of the entries. */
  readonly memory: SharedArrayBuffer;
}

/** The options of a container. */
export interface ContainerOptions {
  /**
   * The most bytes for all entries together, 4096 to 1 GiB; default 256 MiB. The memory grows
   * when needed, and does not shrink. An operation throws ThreadError if it finds no room.
   */
  readonly maxBytes?: number | undefined;
}

function memoryFor(options: ContainerOptions): SharedArrayBuffer {
  if (typeof options !== "object" || options === null)
    throw new TypeError(`shared: expected { maxBytes } as options, got ${describe(options)}`);
  checkKeys(options, ["maxBytes"], "shared");
  const { maxBytes = MAX_BYTES } = options;
  checkInteger(maxBytes, "maxBytes", "shared", MIN_BYTES, STORE_BYTES_MAX);
  return newStoreMemory(maxBytes);
}

/** The static side of a container. */
interface ContainerClass {
  readonly KIND: string;
  readonly BYTES: number;
  readonly FIELDS: readonly string[];
}

export abstract class Container extends SharedBase {
  /** @internal */
  protected readonly store: Store;

  /** @internal */
  protected constructor(Class: ContainerClass, from: Existing | ContainerOptions) {
    const isThere = Existing.is(from);
    const memory = isThere ? from.memory : memoryFor(from);
    super(Class, isThere ? from.place : undefined);
    this.store = new Store(this.words, this.at + STORE, memory);
  }

  /** The handle of this object: plain data to post to a foreign worker. There, `from` makes the object of it. */
  override share(): ContainerHandle {
    return { ...super.share(), memory: memoryInHandle(this.store.memory) };
  }

  /** @internal */
  override refresh(): void {
    this.store.refresh();
  }

  /**
   * @internal Runs an operation with a key. Before a wait the key is copied, because other code of this thread may run
   * then.
   */
  protected runWith<R>(key: HashedKey, operation: (key: HashedKey) => R): R {
    const { guard } = this;
    if (!guard.entersAtOnce()) {
      const mine = keptKey(key);
      return guard.run(() => operation(mine));
    }
    try {
      return operation(key);
    } finally {
      guard.leave();
    }
  }

  /** @internal Encodes a value for this object, as a copy, because other code of this thread may encode during the wait. */
  protected encode(value: unknown, name: string): EncodedValue {
    const { kind, bytes, names } = encodeShared(value, name, this.store.memory);
    return { kind, bytes: bytes.slice(), names };
  }

  /** @internal Runs an operation to store these values. If it throws, they are not stored. */
  protected storing<R>(values: readonly EncodedValue[], operation: () => R): R {
    return storing(this.store.memory, values, () => this.guard.run(operation));
  }

  /** @internal A block of `bytes` bytes. @throws ThreadError if the memory is full: nothing has changed */
  protected blockFor(bytes: number): number {
    const block = this.store.allocate(bytes);
    if (block !== NO_BLOCK) return block;
    throw new ThreadError(
      `shared: the memory of ${this.label} is full, at ${this.store.memory.maxByteLength} bytes; make it with a larger maxBytes, or remove entries`,
    );
  }
}
