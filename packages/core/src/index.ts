/** What a primitive is written with: shared words, one place that sleeps, a way to travel. */
export {
  type AbortSignalLike,
  type AsyncOptions,
  checkAsyncOptions,
  checkFunction,
  checkInteger,
  checkKeys,
  checkTimeout,
  describe,
  ifItThrows,
  isPromise,
  TIMEOUT_MAX,
} from "./check.js";
export { brandClass } from "./brand.js";
export { firstCopy } from "./copies.js";
export { Deadline } from "./deadline.js";
export { deaths, FIRST_OF_WORKERS, hasDied, noteDeath } from "./wait/deaths.js";
export { whenFreed } from "./wait/deferred.js";
export { ERROR_BRANDS, isBranded, OwnerDiedError, ThreadError, TimeoutError } from "./errors.js";
export {
  acquiringExclusively,
  free,
  holderOf,
  isHeldHere,
  leaveToTheDead,
  takeFree,
  takeSoon,
} from "./sync/exclusive.js";
export { expose, exposedAs, type Module, moduleURL, originOf } from "./transfer/expose.js";
export { and, compareExchange, load } from "./memory/wasm-memory.js";
export { assumeIdent, getIdent, IDENT_MAX } from "./identity.js";
export {
  checkNoFunctions,
  checkNoPrivateFields,
  type Envelope,
  isCloneError,
  isPrepared,
  PACK,
  pack,
  type Packed,
  packedAs,
  prepare,
  registerKind,
  unpack,
} from "./transfer/pack.js";
export { onMake, tellMade, untold } from "./sync/creation-events.js";
export { oneObject } from "./transfer/known-objects.js";
export { registerError } from "./transfer/packed-error.js";
export { acquiringPermit, givePermits, permitsOf, takePermit } from "./sync/permits.js";
export { platform } from "./platform/index.js";
export type { Platform } from "./platform/platform.js";
export {
  callableName,
  callPortable,
  isTarget,
  type Portable,
  portable,
  type SourceText,
  type Target,
} from "./transfer/callable.js";
export { clock } from "./global-slot.js";
export type { Callable, Obituary, Origin, Supervision, Vigil, Waitee, WaitEvent, Will } from "./global-slot.js";
export {
  AsyncHoldable,
  handled,
  type Handle,
  Held,
  Holdable,
  type Primitive,
  registerPrimitive,
  Shared,
  Uncloneable,
} from "./sync/primitive.js";
export { obituaryOf, supervisedBy } from "./wait/death-monitor.js";
export { changesSoon, Spinner } from "./wait/spin.js";
export type { ArgumentsOf, ButLast, CallableObject, Keywords, Runnable, Sync } from "./transfer/target.js";
export { acquiring, type Claim, REFUSED, released, STATE_MAX, SYNCHRONIZER_WORDS } from "./sync/synchronizer.js";
export {
  abandonWaits,
  awaitChange,
  awaitedHere,
  block,
  countDeath,
  idle,
  type Holder,
  labelOf,
  lookAgain,
  mayBlock,
  pause,
  type Steps,
  suspend,
  type Wait,
  WAITED_ON_WORDS,
  wake,
  wakeOne,
  wakePromises,
  wakeSleepers,
  whenDeath,
  type Woken,
} from "./wait/block.js";
export { onWait } from "./wait/wait-events.js";
export {
  acceptWill,
  dropWill,
  executeWill,
  forgetDeaths,
  HOLDERS_WORDS,
  isShortOf,
  keepWills,
  lastDead,
  leaveWill,
  takePart,
} from "./wait/death-action.js";
export { adopt, allocate, newSharedMemory, newSlab, type Placement, type Words } from "./memory/words.js";
