"""Waiters for an Event: us from set() until all have run. Arguments: waiters."""

import sys
import time
from threading import Event, Lock, Semaphore, Thread
from time import perf_counter

from peer import serve

waiters = int(sys.argv[1])
event, lock, done = Event(), Lock(), Semaphore(0)
again = [Event(), Event()]
arrived = woken = generation = 0


def wait_again_and_again():
    global arrived, woken
    mine = 0
    while True:
        with lock:
            arrived += 1
        event.wait()
        with lock:
            woken += 1
            is_last = woken == waiters
        if is_last:
            done.release()
        again[mine & 1].wait()
        mine += 1


for _ in range(waiters):
    Thread(target=wait_again_and_again, daemon=True).start()


def measure(ms):
    global arrived, woken, generation
    begin = perf_counter()
    busy = cycles = 0
    while cycles == 0 or perf_counter() - begin < ms / 1e3:
        while arrived < waiters:
            time.sleep(2e-5)
        time.sleep(2e-5)
        arrived = woken = 0
        again[(generation + 1) & 1].clear()
        was_set = perf_counter()
        event.set()
        done.acquire()
        busy += perf_counter() - was_set
        cycles += 1
        event.clear()
        again[generation & 1].set()
        generation += 1
    return busy * 1e6 / cycles


serve(measure)
