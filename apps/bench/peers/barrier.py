"""Rounds of a Barrier, in thousands a second. Arguments: threads."""

import sys
import time
from threading import Barrier, Thread
from time import perf_counter

from peer import serve

threads = int(sys.argv[1])
barrier = Barrier(threads)
stop = last = False


def run(index, results):
    global last
    rounds = 0
    while True:
        barrier.wait()
        if index == 0 and stop:
            last = True
        barrier.wait()
        rounds += 2
        if last:
            results.append(rounds)
            return


def measure(ms):
    global stop, last
    stop = last = False
    results = []
    members = [Thread(target=run, args=(index, results)) for index in range(threads)]
    for member in members[1:]:
        member.start()
    begin = perf_counter()
    members[0].start()
    time.sleep(ms / 1e3)
    stop = True
    took = perf_counter() - begin
    for member in members:
        member.join()
    return results[0] / took / 1e3


serve(measure)
