/* No contention: ns per acquire and release. Arguments: raw | mutex | recursive | semaphore. */
#include "peer.h"

enum { BATCH = 1000 };

static APART _Atomic int word;
static APART pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static APART sem_t semaphore;
static const char *kind;

static void *idle(void *none) {
  pause();
  return none;
}

static void batch(void) {
  if (is(kind, "raw")) {
    for (int i = 0; i < BATCH; i++) {
      int expected = 0;
      atomic_compare_exchange_strong(&word, &expected, 1);
      atomic_exchange(&word, 0);
    }
  } else if (is(kind, "semaphore")) {
    for (int i = 0; i < BATCH; i++) {
      sem_wait(&semaphore);
      sem_post(&semaphore);
    }
  } else {
    for (int i = 0; i < BATCH; i++) {
      pthread_mutex_lock(&mutex);
      pthread_mutex_unlock(&mutex);
    }
  }
}

static double measure(double ms) {
  double begin = now_ns(), now;
  long calls = 0;
  do {
    batch();
    calls += BATCH;
    now = now_ns();
  } while (now - begin < ms * 1e6);
  return (now - begin) / calls;
}

int main(int count, char **arguments) {
  (void)count;
  kind = arguments[1];
  if (is(kind, "recursive")) {
    pthread_mutexattr_t recursive;
    pthread_mutexattr_init(&recursive);
    pthread_mutexattr_settype(&recursive, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&mutex, &recursive);
  }
  sem_init(&semaphore, 0, 1);
  spawn(idle, 0); /* with one thread alone glibc would leave out the atomics */
  serve(measure);
}
