"""Executors. Arguments: threads | processes, one | idle | many N.
one: us for a task without work, awaited; idle: the same, after a pause;
many N: us per task, with N tasks submitted before the first is awaited."""

import sys
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from time import perf_counter, sleep

from peer import per_call, serve

WORKERS = 2


def nothing():
    pass


def one(executor):
    def calls(n):
        for _ in range(n):
            executor.submit(nothing).result()

    return lambda ms: per_call(calls, ms, 10) / 1e3


def idle(executor):
    def measure(ms):
        sleep(ms / 1e3)
        begin = perf_counter()
        executor.submit(nothing).result()
        return (perf_counter() - begin) * 1e6

    return measure


def many(executor):
    tasks = int(sys.argv[3])

    def measure(ms):
        begin, done, took = perf_counter(), 0, 0
        while done == 0 or took * 1e3 < ms:
            futures = [executor.submit(nothing) for _ in range(tasks)]
            for future in futures:
                future.result()
            done += tasks
            took = perf_counter() - begin
        return took * 1e6 / done

    return measure


if __name__ == "__main__":
    executor = {"threads": ThreadPoolExecutor, "processes": ProcessPoolExecutor}[sys.argv[1]](WORKERS)
    for _ in range(100):
        executor.submit(nothing).result()
    serve({"one": one, "idle": idle, "many": many}[sys.argv[2]](executor))
