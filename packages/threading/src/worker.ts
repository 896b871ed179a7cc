/**
 * The first import of the file that threads of a page run: see `threadsRun`. It knows all primitives,
 * so threads may receive any of them.
 *
 *     import "@x/threading/worker";
 *     import "./tasks.js";
 */
import "@x/thread/worker";
import { Barrier } from "@x/barrier";
import { Condition } from "@x/condition";
import { keepKinds } from "@x/core/internal";
import { Event } from "@x/event";
import { ThreadPoolExecutor } from "@x/executor";
import { Lock, RLock } from "@x/lock";
import { LifoQueue, PriorityQueue, Queue, SimpleQueue } from "@x/queue";
import { BoundedSemaphore, Semaphore } from "@x/semaphore";
import {
  SharedArray,
  SharedCounter,
  SharedMap,
  SharedObject,
  SharedSet,
  SharedValue,
  struct,
  StructArray,
} from "@x/shared";
import { Timer } from "@x/timer";

// A call, because a bundler drops an import of these packages if nothing of it is used.
keepKinds(Barrier, BoundedSemaphore, Condition, Event, Lock, RLock, Semaphore, Timer);
keepKinds(ThreadPoolExecutor);
keepKinds(LifoQueue, PriorityQueue, Queue, SimpleQueue);
keepKinds(SharedArray, SharedCounter, SharedMap, SharedObject, SharedSet, SharedValue, struct, StructArray);
