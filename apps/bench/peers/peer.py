"""How a peer in Python takes part: it says that it is ready, and for each line on stdin, a number of milliseconds, it measures
once and answers with a line of JSON."""

import json
import os
import signal
import sys
from time import perf_counter


def serve(measure):
    print('"ready"', flush=True)
    for line in iter(sys.stdin.readline, ""):
        print(json.dumps(measure(float(line))), flush=True)
    if os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)  # with the processes of a manager
    os._exit(0)


def per_call(call, ms, batch=1000):
    """ns per call of what `call(batch)` does batch times."""
    begin = perf_counter()
    calls = 0
    while True:
        call(batch)
        calls += batch
        took = perf_counter() - begin
        if took >= ms / 1e3:
            return took * 1e9 / calls
