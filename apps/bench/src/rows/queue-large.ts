import { Queue } from "@x/queue";
import { MessageChannel, receiveMessageOnPort } from "node:worker_threads";
import { perLongCall } from "../calls.js";
import { js, type Row } from "../row.js";

const MiB = 2 ** 20;

export const row: Row = {
  title: "Queue: a buffer of 1 MiB, put and got",
  unit: "us",
  better: "less",
  limit: "Two copies of the bytes: into the queue, and out of it. A port makes as many.",
  ms: 200,
  contestants: {
    ours: js(() => {
      const queue = new Queue<ArrayBuffer>();
      const buffer = new ArrayBuffer(MiB);
      return perLongCall(() => {
        queue.put(buffer);
        return queue.get();
      });
    }),
    "a port": js(() => {
      const { port1, port2 } = new MessageChannel();
      const buffer = new ArrayBuffer(MiB);
      return perLongCall(() => {
        port1.postMessage(buffer);
        return receiveMessageOnPort(port2);
      });
    }),
  },
};
