/* Threads that compete. Arguments: mutex | recursive | semaphore, throughput | longest, threads [think/hold].
   throughput: million acquires a second; longest: the longest wait of anyone, in ms. */
#include "peer.h"

static APART pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static APART sem_t semaphore;
static APART long tally;
static APART volatile int stop;
static APART _Atomic int ready;
static APART _Atomic int go;
static struct {
  APART long acquires;
  double longest;
} member[THREADS_MAX];
static int threads, think, hold, use_mutex, timed;

static void work(int turns) {
  static __thread unsigned x = 1;
  for (int i = 0; i < turns; i++) {
    x = x * 1103515245u + 12345u;
    __asm__ volatile("" ::"r"(x));
  }
}

static void *compete(void *index) {
  long acquires = 0;
  double longest = 0;
  atomic_fetch_add(&ready, 1);
  while (!go) futex_wait(&go, 0);
  while (!stop) {
    double begin = timed ? now_ns() : 0;
    if (use_mutex)
      pthread_mutex_lock(&mutex);
    else
      sem_wait(&semaphore);
    double waited = timed ? now_ns() - begin : 0;
    if (waited > longest) longest = waited;
    tally++;
    work(hold);
    if (use_mutex)
      pthread_mutex_unlock(&mutex);
    else
      sem_post(&semaphore);
    acquires++;
    work(think);
  }
  member[(long)index].acquires = acquires;
  member[(long)index].longest = longest;
  return NULL;
}

static double measure(double ms) {
  pthread_t thread[THREADS_MAX];
  stop = ready = go = tally = 0;
  for (long i = 0; i < threads; i++) thread[i] = spawn(compete, i);
  while (ready < threads) usleep(50);
  double begin = now_ns();
  go = 1;
  futex_wake(&go, INT_MAX);
  usleep(ms * 1e3);
  stop = 1;
  double took = now_ns() - begin;
  long acquires = 0;
  double longest = 0;
  for (int i = 0; i < threads; i++) {
    pthread_join(thread[i], NULL);
    acquires += member[i].acquires;
    if (member[i].longest > longest) longest = member[i].longest;
  }
  if (acquires != tally) {
    fprintf(stderr, "counted %ld, did %ld\n", tally, acquires);
    exit(1);
  }
  return timed ? longest / 1e6 : acquires / took * 1e3;
}

int main(int count, char **arguments) {
  (void)count;
  use_mutex = !is(arguments[1], "semaphore");
  if (is(arguments[1], "recursive")) {
    pthread_mutexattr_t recursive;
    pthread_mutexattr_init(&recursive);
    pthread_mutexattr_settype(&recursive, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&mutex, &recursive);
  }
  timed = is(arguments[2], "longest");
  const char *point = arguments[count - 1];
  if (sscanf(point, "%d/%d", &think, &hold) == 2)
    threads = 2;
  else
    threads = atoi(point);
  sem_init(&semaphore, 0, 1);
  serve(measure);
}
