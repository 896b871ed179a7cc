"""Values that processes share: ns per get and set (of a namespace: per get, or per set).
Arguments: value | namespace get | namespace set | dict entries."""

import multiprocessing
import sys

from peer import per_call, serve

what = sys.argv[1]
STEP = 7919


def of_value(value):
    def call(n):
        for _ in range(n):
            value.value = value.value + 1

    return call


def of_namespace(namespace, operation):
    namespace.balance = 0

    def get(n):
        for _ in range(n):
            namespace.balance

    def set(n):
        for i in range(n):
            namespace.balance = i

    return get if operation == "get" else set


def of_dict(entries, size):
    entries.update({f"key {n}": {"n": n, "is": True} for n in range(size)})
    place = 0

    def call(n):
        nonlocal place
        for _ in range(n):
            place = (place + STEP) % size
            key = f"key {place}"
            entries[key] = entries[key]

    return call


if what == "value":
    call, batch = of_value(multiprocessing.Value("d", 0.0)), 1000
elif what == "namespace":
    call, batch = of_namespace(multiprocessing.Manager().Namespace(), sys.argv[2]), 20
else:
    call, batch = of_dict(multiprocessing.Manager().dict(), int(sys.argv[2])), 20

serve(lambda ms: per_call(call, ms, batch))
