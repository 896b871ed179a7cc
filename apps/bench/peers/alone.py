"""No contention: ns per call. Arguments: lock | with | rlock | semaphore | is_set | set_clear | notify."""

import sys
from threading import Condition, Event, Lock, RLock, Semaphore

from peer import per_call, serve

lock, event, condition = Lock(), Event(), Condition()
condition.acquire()


def pairs(holdable):
    def call(n):
        for _ in range(n):
            holdable.acquire()
            holdable.release()

    return call


def with_lock(n):
    for _ in range(n):
        with lock:
            pass


def is_set(n):
    for _ in range(n):
        event.is_set()


def set_clear(n):
    for _ in range(n):
        event.set()
        event.clear()


def notify(n):
    for _ in range(n):
        condition.notify()


CALLS = {
    "lock": pairs(lock),
    "with": with_lock,
    "rlock": pairs(RLock()),
    "semaphore": pairs(Semaphore()),
    "is_set": is_set,
    "set_clear": set_clear,
    "notify": notify,
}
serve(lambda ms: per_call(CALLS[sys.argv[1]], ms))
