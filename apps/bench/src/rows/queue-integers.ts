import { throughPorts } from "../messages.js";
import { PAIRS, type Pairs, throughQueue } from "../queues.js";
import { python, type Row } from "../row.js";

const integer = (n: number): unknown => n & 0xffffff;

export const row: Row<Pairs> = {
  title: "Queue: integers from thread to thread",
  unit: "million items a second",
  better: "more",
  limit:
    "The lock of the queue, which each put and each get takes once, and the cache lines that go from core to core.",
  axis: { name: "producers and consumers", points: PAIRS },
  ms: 200,
  cores: 2,
  contestants: {
    ours: throughQueue(integer),
    postMessage: throughPorts(integer),
    CPython: python("queues.py", "queue", "integers"),
    "CPython's processes": python("queues.py", "processes", "integers"),
  },
};
