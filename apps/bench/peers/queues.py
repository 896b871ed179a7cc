"""Items through a queue, in millions a second. Arguments: queue | processes, integers | objects, "1 and 1" | "2 and 2"."""

import multiprocessing
import queue
import sys
import time
from threading import Thread
from time import perf_counter

from peer import serve

kind, what, pairs = sys.argv[1], sys.argv[2], sys.argv[3]
side = int(pairs[0])
MAX = 1000
TICK = 0.02


def item(n):
    return n & 0xFFFFFF if what == "integers" else {"id": n, "name": "an item", "price": 1.5, "isSold": False}


def produce(items, stopped):
    n = 0
    while not stopped.is_set():
        try:
            items.put(item(n), timeout=TICK)
        except queue.Full:
            pass
        n += 1


def consume(items, stopped, results):
    got = 0
    while not stopped.is_set():
        try:
            items.get(timeout=TICK)
            got += 1
        except queue.Empty:
            pass
    results.put(got)


def measure_threads(ms):
    from threading import Event

    return measure(ms, queue.Queue(MAX), Event(), queue.Queue(), Thread)


def measure_processes(ms):
    context = multiprocessing
    return measure(ms, context.Queue(MAX), context.Event(), context.Queue(), context.Process)


def measure(ms, items, stopped, results, Member):
    members = [Member(target=produce, args=(items, stopped), daemon=True) for _ in range(side)]
    members += [Member(target=consume, args=(items, stopped, results), daemon=True) for _ in range(side)]
    for member in members:
        member.start()
    begin = perf_counter()
    time.sleep(ms / 1e3)
    stopped.set()
    took = perf_counter() - begin
    got = sum(results.get() for _ in range(side))
    for member in members:
        if Member is not Thread:
            member.terminate()  # its feeder may wait for room in the pipe
        member.join()
    return got / took / 1e6


serve(measure_threads if kind == "queue" else measure_processes)
