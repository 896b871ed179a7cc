import { Queue } from "@x/queue";
import "@x/thread"; // objects move by way of it
import { MessageChannel, receiveMessageOnPort } from "node:worker_threads";
import { perLongCall } from "../calls.js";
import { js, type Row } from "../row.js";

const MiB = 2 ** 20;

export const row: Row = {
  title: "Queue: a buffer of 1 MiB, moved in and out",
  unit: "us",
  better: "less",
  limit:
    "The messages to the supervisor and back: a putter does not know which thread will get the item. A port has one reader.",
  ms: 200,
  contestants: {
    ours: js(() => {
      const queue = new Queue<ArrayBuffer>();
      let buffer = new ArrayBuffer(MiB);
      return perLongCall(() => {
        queue.putMoved(buffer, [buffer]);
        buffer = queue.get();
      });
    }),
    copied: js(() => {
      const queue = new Queue<ArrayBuffer>();
      const buffer = new ArrayBuffer(MiB);
      return perLongCall(() => {
        queue.put(buffer);
        return queue.get();
      });
    }),
    "a port": js(() => {
      const { port1, port2 } = new MessageChannel();
      let buffer = new ArrayBuffer(MiB);
      return perLongCall(() => {
        port1.postMessage(buffer, [buffer]);
        buffer = (receiveMessageOnPort(port2) as { message: ArrayBuffer }).message;
      });
    }),
  },
};
