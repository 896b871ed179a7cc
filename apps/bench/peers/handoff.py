"""Two threads that hand over to each other: us one way. Arguments: semaphore | condition."""

import sys
import time
from threading import Condition, Semaphore, Thread
from time import perf_counter

from peer import serve

semaphores = [Semaphore(0), Semaphore(0)]
condition = Condition()
turn = 0
stop = last = False


def wait_semaphore(me):
    semaphores[me].acquire()


def pass_semaphore(other):
    semaphores[other].release()


def wait_condition(me):
    with condition:
        while turn != me:
            condition.wait()


def pass_condition(other):
    global turn
    with condition:
        turn = other
        condition.notify()


WAITS = {"semaphore": (wait_semaphore, pass_semaphore), "condition": (wait_condition, pass_condition)}
wait, hand_over = WAITS[sys.argv[1]]


def lead(results):
    global last
    begin = perf_counter()
    rounds = 0
    while rounds == 0 or not stop:
        hand_over(1)
        wait(0)
        rounds += 1
    results.append((perf_counter() - begin) * 1e6 / rounds / 2)
    last = True
    hand_over(1)


def echo():
    while True:
        wait(1)
        if last:
            return
        hand_over(0)


def measure(ms):
    global stop, last, turn
    stop, last, turn = False, False, 0
    results = []
    pair = [Thread(target=echo), Thread(target=lead, args=(results,))]
    for thread in pair:
        thread.start()
    time.sleep(ms / 1e3)
    stop = True
    for thread in pair:
        thread.join()
    return results[0]


serve(measure)
