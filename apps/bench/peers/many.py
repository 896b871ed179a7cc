"""Many locks. Arguments: make | memory, how many. make: ns for each; memory: bytes for each."""

import os
import sys
from threading import Lock
from time import perf_counter

from peer import serve

what, count = sys.argv[1], int(sys.argv[2])


def resident():
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def memory(_ms):
    locks = [None] * count
    before = resident()
    for i in range(count):
        locks[i] = Lock()
    return (resident() - before) / count


def make(ms):
    begin = perf_counter()
    made = 0
    while True:
        locks = [Lock() for _ in range(count)]
        made += len(locks)
        took = perf_counter() - begin
        if took >= ms / 1e3:
            return took * 1e9 / made


serve(memory if what == "memory" else make)
