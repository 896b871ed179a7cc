/* How a peer in C takes part: it says that it is ready, and for each line on stdin, a number of milliseconds, it measures
   once and answers with a number. */
#pragma once
#include <linux/futex.h>
#include <limits.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* Two cache lines, as the hardware fetches them in pairs. */
#define APART __attribute__((aligned(128)))
#define THREADS_MAX 512

static inline double now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e9 + t.tv_nsec;
}

static inline void futex_wait(_Atomic int *word, int value) {
  syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, NULL, NULL, 0);
}

static inline void futex_wake(_Atomic int *word, int threads) {
  syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, threads, NULL, NULL, 0);
}

static inline int is(const char *a, const char *b) { return strcmp(a, b) == 0; }

static inline pthread_t spawn(void *(*body)(void *), long index) {
  pthread_attr_t small;
  pthread_attr_init(&small);
  pthread_attr_setstacksize(&small, 65536);
  pthread_t thread;
  if (pthread_create(&thread, &small, body, (void *)index) != 0) {
    fprintf(stderr, "no thread to be had\n");
    exit(1);
  }
  return thread;
}

static inline void serve(double (*measure)(double ms)) {
  char line[64];
  puts("\"ready\"");
  fflush(stdout);
  while (fgets(line, sizeof line, stdin) != NULL) {
    printf("%.9g\n", measure(atof(line)));
    fflush(stdout);
  }
}
