import { throughPorts } from "../messages.js";
import { fourFields, PAIRS, type Pairs, throughQueue } from "../queues.js";
import { python, type Row } from "../row.js";

export const row: Row<Pairs> = {
  title: "Queue: objects of four fields from thread to thread",
  unit: "million items a second",
  better: "more",
  limit:
    "Each object is written as bytes by one thread, and made again by the other. CPython hands over a reference, because its threads share one heap.",
  axis: { name: "producers and consumers", points: PAIRS },
  ms: 200,
  cores: 2,
  contestants: {
    ours: throughQueue(fourFields),
    postMessage: throughPorts(fourFields),
    CPython: python("queues.py", "queue", "objects"),
    "CPython's processes": python("queues.py", "processes", "objects"),
  },
};
