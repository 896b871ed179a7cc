/* Rounds of a pthread_barrier_t, in thousands a second. Arguments: threads. */
#include "peer.h"

static pthread_barrier_t barrier;
static APART volatile int stop;
static APART volatile int last;
static int threads;

static void *run(void *index) {
  long rounds = 0;
  for (;;) {
    pthread_barrier_wait(&barrier);
    if (index == 0 && stop) last = 1;
    pthread_barrier_wait(&barrier);
    rounds += 2;
    if (last) return (void *)rounds;
  }
}

static double measure(double ms) {
  pthread_t thread[THREADS_MAX];
  stop = last = 0;
  pthread_barrier_init(&barrier, NULL, threads);
  for (long i = 1; i < threads; i++) thread[i] = spawn(run, i);
  double begin = now_ns();
  thread[0] = spawn(run, 0);
  usleep(ms * 1e3);
  stop = 1;
  double took = now_ns() - begin;
  void *rounds;
  for (int i = 0; i < threads; i++) pthread_join(thread[i], &rounds);
  return (long)rounds / took * 1e6;
}

int main(int count, char **arguments) {
  (void)count;
  threads = atoi(arguments[1]);
  serve(measure);
}
