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
export { deaths, FIRST_OF_WORKERS, hasDied, noteDeath } from "./deaths.js";
export { whenFreed } from "./due.js";
export { ERROR_BRANDS, isBranded, OwnerDiedError, ThreadError, TimeoutError } from "./errors.js";
export { acquiringExclusively, free, holderOf, isHeldHere, leaveToTheDead, takeFree, takeSoon } from "./exclusive.js";
export { expose, exposedAs, type Module, moduleURL, originOf } from "./expose.js";
export { and, compareExchange, load } from "./home.js";
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
} from "./pack.js";
export { onMake, tellMade, untold } from "./made.js";
export { oneObject } from "./objects.js";
export { registerError } from "./packed-error.js";
export { acquiringPermit, givePermits, permitsOf, takePermit } from "./permits.js";
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
} from "./portable.js";
export { clock } from "./realm.js";
export type { Callable, Obituary, Origin, Supervision, Vigil, Waitee, WaitEvent, Will } from "./realm.js";
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
} from "./shared.js";
export { obituaryOf, supervisedBy } from "./supervised.js";
export { changesSoon, Spinner } from "./spin.js";
export type { ArgumentsOf, ButLast, CallableObject, Keywords, Runnable, Sync } from "./target.js";
export { acquiring, type Claim, REFUSED, released, STATE_MAX, SYNCHRONIZER_WORDS } from "./synchronizer.js";
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
} from "./wait.js";
export { onWait } from "./wait-events.js";
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
} from "./will.js";
export { adopt, allocate, newSharedMemory, newSlab, type Placement, type Words } from "./words.js";
