"""Executors. Arguments: threads | processes, one | many N.
one: us for a task without work, awaited; many N: us per task, with N tasks submitted before the first is awaited."""

import sys
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from time import perf_counter

from peer import per_call, serve

WORKERS = 2


def nothing():
    pass


def one(executor):
    def calls(n):
        for _ in range(n):
            executor.submit(nothing).result()

    return lambda ms: per_call(calls, ms, 10) / 1e3


def many(executor):
    tasks = int(sys.argv[3])

    def measure(_ms):
        begin = perf_counter()
        futures = [executor.submit(nothing) for _ in range(tasks)]
        for future in futures:
            future.result()
        return (perf_counter() - begin) * 1e6 / tasks

    return measure


if __name__ == "__main__":
    executor = {"threads": ThreadPoolExecutor, "processes": ProcessPoolExecutor}[sys.argv[1]](WORKERS)
    for _ in range(100):
        executor.submit(nothing).result()
    serve({"one": one, "many": many}[sys.argv[2]](executor))
