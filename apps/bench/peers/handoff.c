/* Two threads that hand over to each other: us one way. Arguments: futex | semaphore | condition | spin. */
#include "peer.h"

static struct {
  APART _Atomic int word;
  sem_t semaphore;
} side[2];
static APART pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static int turn;
static APART volatile int stop;
static APART volatile int last;
static double us_one_way;
static const char *kind;

static void await(int me) {
  if (is(kind, "semaphore")) {
    sem_wait(&side[me].semaphore);
  } else if (is(kind, "futex")) {
    while (!atomic_exchange(&side[me].word, 0)) futex_wait(&side[me].word, 0);
  } else if (is(kind, "spin")) {
    while (!side[me].word) {
    }
    side[me].word = 0;
  } else {
    pthread_mutex_lock(&mutex);
    while (turn != me) pthread_cond_wait(&condition, &mutex);
    pthread_mutex_unlock(&mutex);
  }
}

static void pass(int other) {
  if (is(kind, "semaphore")) {
    sem_post(&side[other].semaphore);
  } else if (is(kind, "futex")) {
    side[other].word = 1;
    futex_wake(&side[other].word, 1);
  } else if (is(kind, "spin")) {
    side[other].word = 1;
  } else {
    pthread_mutex_lock(&mutex);
    turn = other;
    pthread_cond_signal(&condition);
    pthread_mutex_unlock(&mutex);
  }
}

static void *echo(void *none) {
  for (;;) {
    await(1);
    if (last) return none;
    pass(0);
  }
}

static void *lead(void *none) {
  double begin = now_ns();
  long rounds = 0;
  do {
    pass(1);
    await(0);
    rounds++;
  } while (!stop);
  us_one_way = (now_ns() - begin) / 1e3 / rounds / 2;
  last = 1;
  pass(1);
  return none;
}

static double measure(double ms) {
  stop = last = turn = 0;
  pthread_t second = spawn(echo, 1), first;
  first = spawn(lead, 0);
  usleep(ms * 1e3);
  stop = 1;
  pthread_join(first, NULL);
  pthread_join(second, NULL);
  return us_one_way;
}

int main(int count, char **arguments) {
  (void)count;
  kind = arguments[1];
  for (int i = 0; i < 2; i++) sem_init(&side[i].semaphore, 0, 0);
  serve(measure);
}
