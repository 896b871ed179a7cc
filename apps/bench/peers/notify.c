/* Waiters under a pthread_cond_t: us from the notify, the lock held, until the notified waiters have held the lock.
   Arguments: one | all, waiters. */
#include "peer.h"

/* How often it checks that all waiters wait, before it naps between checks: a notifier comes from work, not from sleep. */
#define LOOKS 50

static APART pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static APART pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static int waiting, waiters, all, tokens;
static long generation;
static APART _Atomic int woken;

static void *wait_for_ever(void *none) {
  pthread_mutex_lock(&mutex);
  for (;;) {
    waiting++;
    long mine = generation;
    while (all ? generation == mine : tokens == 0) pthread_cond_wait(&condition, &mutex);
    if (!all) tokens--;
    waiting--;
    if (atomic_fetch_add(&woken, 1) + 1 == (all ? waiters : 1)) futex_wake(&woken, 1);
  }
  return none;
}

static double measure(double ms) {
  int wanted = all ? waiters : 1;
  double begin = now_ns(), busy = 0;
  long cycles = 0;
  do {
    for (int looks = 1;; looks++) {
      pthread_mutex_lock(&mutex);
      if (waiting == waiters && tokens == 0) break;
      pthread_mutex_unlock(&mutex);
      if (looks > LOOKS) usleep(20);
    }
    woken = 0;
    double notified = now_ns();
    if (all) {
      generation++;
      pthread_cond_broadcast(&condition);
    } else {
      tokens = 1;
      pthread_cond_signal(&condition);
    }
    pthread_mutex_unlock(&mutex);
    for (int seen; (seen = woken) < wanted;) futex_wait(&woken, seen);
    busy += now_ns() - notified;
    cycles++;
  } while (now_ns() - begin < ms * 1e6);
  return busy / 1e3 / cycles;
}

int main(int count, char **arguments) {
  (void)count;
  all = is(arguments[1], "all");
  waiters = atoi(arguments[2]);
  for (int i = 0; i < waiters; i++) spawn(wait_for_ever, i);
  serve(measure);
}
