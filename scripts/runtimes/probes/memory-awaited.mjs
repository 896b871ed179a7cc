import { Queue } from "@x/queue";
import { expose, Thread } from "@x/thread";
import { LONG, probe, same } from "./probe.mjs";

/** Where memory cannot reach a thread that blocks, `get` throws and takes nothing. */
async function next(requests) {
  try {
    return requests.get(LONG);
  } catch (error) {
    if (error.name !== "ThreadError") throw error;
    return requests.getAsync(LONG);
  }
}

export async function serve(requests) {
  for (let request; (request = await next(requests)) !== null;) {
    const { memory, reply } = request;
    reply.put({ memory, double: 2 * new Int32Array(memory)[0] });
  }
}
expose({ serve });

await probe(() => {
  const requests = new Queue();
  const server = new Thread({ target: serve, args: [requests] }).start();
  for (let n = 1; n <= 20; n++) {
    const reply = new Queue();
    const memory = new SharedArrayBuffer(4);
    new Int32Array(memory)[0] = n;
    requests.put({ memory, reply });
    const answer = reply.get(LONG);
    if (answer.memory !== memory) return "memory does not come home as itself";
    same(answer.double, 2 * n, "the answer");
  }
  requests.put(null);
  server.result(LONG);
});
