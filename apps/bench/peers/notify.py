"""Waiters under a Condition: us from the notify, the lock held, until the notified waiters have held the lock.
Arguments: one | all, waiters."""

import sys
import time
from threading import Condition, Lock, Thread
from time import perf_counter

from peer import serve

# How often it checks that all waiters wait, before it naps between checks: a notifier comes from work, not from sleep.
LOOKS = 50

waiters = int(sys.argv[2])
wanted = waiters if sys.argv[1] == "all" else 1
condition = Condition(Lock())
done = Lock()
done.acquire()
waiting = woken = 0


def wait_for_ever():
    global waiting, woken
    with condition:
        while True:
            waiting += 1
            condition.wait()
            waiting -= 1
            woken += 1
            if woken == wanted:
                done.release()


for _ in range(waiters):
    Thread(target=wait_for_ever, daemon=True).start()


def measure(ms):
    global woken
    begin = perf_counter()
    busy = cycles = 0
    while cycles == 0 or perf_counter() - begin < ms / 1e3:
        looks = 1
        while True:
            condition.acquire()
            if waiting == waiters:
                break
            condition.release()
            if looks > LOOKS:
                time.sleep(2e-5)
            looks += 1
        woken = 0
        notified = perf_counter()
        condition.notify(wanted)
        condition.release()
        done.acquire()
        busy += perf_counter() - notified
        cycles += 1
    return busy * 1e6 / cycles


serve(measure)
