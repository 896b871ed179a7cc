"""Threads that compete. Arguments: lock | rlock | semaphore, throughput | longest, threads.
throughput: million acquires a second; longest: the longest wait of anyone, in ms."""

import sys
import time
from threading import Barrier, Lock, RLock, Semaphore, Thread
from time import perf_counter

from peer import serve

kind, what, threads = sys.argv[1], sys.argv[2], int(sys.argv[3])
lock = {"lock": Lock, "rlock": RLock, "semaphore": Semaphore}[kind]()
stop = False
tally = 0


def compete(ready, results):
    global tally
    acquires = 0
    ready.wait()
    while not stop:
        with lock:
            tally += 1
        acquires += 1
    results.append(acquires)


def compete_timed(ready, results):
    longest = 0
    ready.wait()
    while not stop:
        begin = perf_counter()
        lock.acquire()
        waited = perf_counter() - begin
        lock.release()
        longest = max(longest, waited)
    results.append(longest)


def measure(ms):
    global stop, tally
    stop, tally = False, 0
    ready, results = Barrier(threads + 1), []
    target = compete if what == "throughput" else compete_timed
    members = [Thread(target=target, args=(ready, results)) for _ in range(threads)]
    for member in members:
        member.start()
    ready.wait()
    begin = perf_counter()
    time.sleep(ms / 1e3)
    stop = True
    took = perf_counter() - begin
    for member in members:
        member.join()
    if what == "longest":
        return max(results) * 1e3
    assert sum(results) == tally
    return tally / took / 1e6


serve(measure)
