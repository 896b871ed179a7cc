"""Threads themselves. Arguments: often | idle | speedup | live N.
often: us to start and join one; idle: the same, once, after many, and nothing for a while; speedup: how many times as fast two threads are;
live N: ms to start each of N that live at the same time, what each takes, and what `enumerate` takes."""

import os
import sys
import threading
import time
from threading import Thread
from time import perf_counter

from peer import per_call, serve


def nothing():
    pass


def start_and_join(n=1):
    for _ in range(n):
        thread = Thread(target=nothing)
        thread.start()
        thread.join()


def idle(ms):
    time.sleep(ms / 1e3)
    begin = perf_counter()
    start_and_join()
    return (perf_counter() - begin) * 1e6


def work(turns):
    x = 1
    for _ in range(turns):
        x = (x * 1103515245 + 12345) & 0xFFFFFFFF


def timed(threads, turns):
    members = [Thread(target=work, args=(turns // threads,)) for _ in range(threads)]
    begin = perf_counter()
    for member in members:
        member.start()
    for member in members:
        member.join()
    return perf_counter() - begin


def speedup(ms):
    turns = int(ms / 2e3 / timed(1, 100_000) * 100_000)
    return timed(1, turns) / timed(2, turns)


def resident():
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def live(_ms):
    n = int(sys.argv[2])
    leave = threading.Event()
    before = resident()
    begin = perf_counter()
    members = [Thread(target=leave.wait) for _ in range(n)]
    for member in members:
        member.start()
    started = perf_counter() - begin
    memory = resident() - before
    begin = perf_counter()
    for _ in range(100):
        threading.enumerate()
    listed = (perf_counter() - begin) / 100
    leave.set()
    for member in members:
        member.join()
    return {"value": started * 1e3 / n, "memory": memory / 2**20 / n, "enumerate": listed * 1e6}


MEASURES = {"often": lambda ms: per_call(start_and_join, ms, 10) / 1e3, "idle": idle, "speedup": speedup, "live": live}
if sys.argv[1] == "idle":
    start_and_join(1000)
serve(MEASURES[sys.argv[1]])
