/* Starting a thread that does nothing, and joining it: us. Arguments: often | idle (first nothing for a while, then one). */
#include "peer.h"

static int idle;

static void *nothing(void *none) { return none; }

static void start_and_join(void) {
  pthread_t thread;
  pthread_create(&thread, NULL, nothing, NULL);
  pthread_join(thread, NULL);
}

static double measure(double ms) {
  long threads = 0;
  if (idle) usleep(ms * 1e3);
  double begin = now_ns(), now;
  do {
    start_and_join();
    threads++;
    now = now_ns();
  } while (!idle && now - begin < ms * 1e6);
  return (now - begin) / 1e3 / threads;
}

int main(int count, char **arguments) {
  idle = count > 1 && is(arguments[1], "idle");
  for (int i = 0; i < 1000; i++) start_and_join();
  serve(measure);
}
