/** All that the packages of this library need of core. It may change with any version; authors of primitives import `@x/core`. */
export {
  type AbortSignalLike,
  type AsyncOptions,
  checkAsyncOptions,
  checkFunction,
  checkInteger,
  checkKeys,
  checkSignal,
  checkTimeout,
  describe,
  ifItThrows,
  isPromise,
  TIMEOUT_MAX,
} from "./check.js";
export { brandClass } from "./brand.js";
export { firstCopy } from "./copies.js";
export { Deadline } from "./deadline.js";
export {
  countDeath,
  deathCount,
  FIRST_OF_WORKERS,
  hasDied,
  learnDeaths,
  markDead,
  onNextDeath,
} from "./wait/deaths.js";
export { listen as listenToAbort, stopListening as stopListeningToAbort } from "./wait/abort-listeners.js";
export { afterRelease } from "./wait/deferred.js";
export { ERROR_BRANDS, isBranded, OwnerDiedError, ThreadError, TimeoutError } from "./errors.js";
export {
  acquireInPage,
  acquiringExclusively,
  release,
  holderOf,
  isOwner,
  restoreDeadOwner,
  tryAcquire,
  trySpin,
} from "./sync/exclusive.js";
export { expose, onExpose, resolveExport, type Module, withModule, exportRefOf } from "./transfer/expose.js";
export { and, compareExchange, load } from "./memory/wasm-memory.js";
export { adoptPlainMemory } from "./memory/plain-memory.js";
export { assumeIdent, getIdent, IDENT_MAX } from "./identity.js";
export {
  type Envelope,
  isPackedToStay,
  keepKinds,
  PACK,
  type Packed,
  packedAs,
  packToStay,
  registerKind,
} from "./transfer/envelope.js";
export { checkTransfer, move, takeMoved } from "./transfer/move.js";
export { checkNoFunctions, pack, packMoving } from "./transfer/pack.js";
export { checkNoPrivateFields } from "./transfer/private-fields.js";
export { isCloneError } from "./transfer/structured-clone.js";
export { isPrepared, prepare, unpack } from "./transfer/unpack.js";
export { decode, decodeCopy, type MemoryOfNumber } from "./transfer/decode.js";
export { memoryNamesIn, namesIn, parcelIn } from "./transfer/byte-format.js";
export {
  type Asked,
  beginFetch,
  ANY_TAKER,
  depositParcel,
  hasLinkTo,
  LINKED_TAKER,
  dropMemories,
  dropNames,
  dropParcel,
  type Fetch,
  finderIn,
  type Memories,
  memoriesIn,
  memoriesInAsync,
  memoryInHandle,
  type MemoryKeeper,
  movedIn,
  type NumberedMemory,
  type NumberedThing,
  setMemoryKeeper,
  whyUnreadable,
} from "./transfer/memory-numbers.js";
export {
  decodeEnvelope,
  decodeValue,
  type EncodedValue,
  encodeValue,
  forgetParcel,
  forgetStored,
  lengthWithoutTails,
  namesStored,
  PACKED,
  PLAIN,
  readTails,
  storedLength,
  storing,
  type Tails,
  writeStored,
} from "./transfer/value-bytes.js";
export { encode, newKeyEncoder, type NumberOfMemory, type Parcel, partThatIsNotBytes } from "./transfer/encode.js";
export { newRing, nextRecord, readRecord, type RingRecord, wakeReader, writeRecord } from "./transfer/ring.js";
export { listenToPrimitives, report, withoutReport, withPacked } from "./transfer/creation-events.js";
export { makeSharedFieldsBy, sharedFieldsFrom } from "./transfer/shared-fields.js";
export { forgetObject, knownObject } from "./transfer/known-objects.js";
export { registerError } from "./transfer/packed-error.js";
export { acquiringPermit, givePermits, permitsOf, takePermit } from "./sync/permits.js";
export { platform } from "./platform/index.js";
export type { Platform } from "./platform/platform.js";
export {
  callableName,
  callTransferred,
  exposedName,
  isTarget,
  type TransferableCallable,
  transferableCallable,
  type FunctionSource,
  type Target,
} from "./transfer/callable.js";
export { BUNDLED, type Caller, callers } from "./platform/caller.js";
export { clock } from "./platform/clock.js";
export { values } from "./platform/values.js";
export type { Callable, ExportRef } from "./transfer/expose.js";
export type { BlockedWait, Blocker, DeathMonitor, DeathRecord } from "./wait/death-monitor.js";
export type { DeathAction } from "./wait/death-action.js";
export type { WaitEvent } from "./wait/wait-events.js";
export { Existing, existing } from "./sync/existing.js";
export { AsyncHoldable, Held, Holdable } from "./sync/holdable.js";
export {
  placementOf,
  type PrimitiveHandle,
  type PrimitiveClass,
  registerPrimitive,
  Primitive,
  wordsOf,
} from "./sync/primitive.js";
export { Uncloneable, uncloneable } from "./sync/uncloneable.js";
export { deathOf, labelOf, setDeathMonitor } from "./wait/death-monitor.js";
export { spinLongUntilChanged, spinUntilChanged, Spinner } from "./wait/spin.js";
export type { ArgumentsOf, ButLast, Keywords, Sync, ThreadTarget } from "./transfer/target.js";
export { acquiring, type Claim, REFUSED, released, STATE_MAX, SYNCHRONIZER_WORDS } from "./sync/synchronizer.js";
export { abandonWaits, recheckTasks, taskWaits } from "./wait/awaited-words.js";
export { block, idle, mayBlock, pause } from "./wait/block.js";
export { type Holder, type Steps, type Wait, WAITED_ON_WORDS, type Woken } from "./wait/steps.js";
export { suspend } from "./wait/suspend.js";
export { awaitChange } from "./wait/wait-async.js";
export { wake, wakeOne, wakePromises, wakeSleepers } from "./wait/wake.js";
export { onWait } from "./wait/wait-events.js";
export {
  acceptDeathAction,
  dropDeathAction,
  runDeathAction,
  forgetDeaths,
  HOLDERS_WORDS,
  isShortOf,
  setDeathActionSink,
  lastDead,
  onThreadDeath,
  countAsHolder,
} from "./wait/death-action.js";
export { allocate, newSlab } from "./memory/allocate.js";
export { expectGarbage } from "./memory/garbage.js";
export { newSharedMemory } from "./memory/shared-memory.js";
export { adopt, isSharedMemory, type MemoryPlacement } from "./memory/placement.js";
export { Scratch } from "./memory/scratch.js";
export {
  hasLeft,
  isStoreMemory,
  newStoreMemory,
  NO_BLOCK,
  Store,
  STORE_BYTES_MAX,
  STORE_WORDS,
} from "./memory/store.js";
export type { Words } from "./memory/words.js";
