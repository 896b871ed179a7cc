/* A futex word that many wait for: us from setting it until all have run. Arguments: waiters. */
#include "peer.h"

static APART _Atomic int flag;
static APART _Atomic int woken;
static APART _Atomic int arrived;
static APART _Atomic int generation;
static int waiters;

static void *wait_again_and_again(void *none) {
  for (int mine = 0;; mine++) {
    atomic_fetch_add(&arrived, 1);
    while (!flag) futex_wait(&flag, 0);
    if (atomic_fetch_add(&woken, 1) + 1 == waiters) futex_wake(&woken, 1);
    while (generation == mine) futex_wait(&generation, mine);
  }
  return none;
}

static double measure(double ms) {
  double begin = now_ns(), busy = 0;
  long cycles = 0;
  do {
    while (arrived < waiters) usleep(20);
    usleep(20);
    woken = arrived = 0;
    double set = now_ns();
    flag = 1;
    futex_wake(&flag, INT_MAX);
    for (int seen; (seen = woken) < waiters;) futex_wait(&woken, seen);
    busy += now_ns() - set;
    cycles++;
    flag = 0;
    generation++;
    futex_wake(&generation, INT_MAX);
  } while (now_ns() - begin < ms * 1e6);
  return busy / 1e3 / cycles;
}

int main(int count, char **arguments) {
  (void)count;
  waiters = atoi(arguments[1]);
  for (int i = 0; i < waiters; i++) spawn(wait_again_and_again, i);
  serve(measure);
}
