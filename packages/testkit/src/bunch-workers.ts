/** The workers of a bunch, in Node, Deno and Bun. The tests in a page have a file in its place. */
import { MessageChannel, receiveMessageOnPort, Worker } from "node:worker_threads";
import type { Envelope } from "@x/core";

/** A body to run. */
export interface Order {
  /** Source text of a function. */
  readonly body: string;
  readonly index: number;
  readonly count: number;
  readonly control: Int32Array;
  readonly args: Envelope;
}

export interface Answer {
  readonly index: number;
  readonly ok: boolean;
  readonly envelope: Envelope;
}

/** A worker that runs one body after another. */
export interface PooledWorker {
  post(order: Order): void;
  /** The next answer, if it is there. Works while this thread is blocked. */
  receive(): Answer | undefined;
  /** Ends the worker at any point; resolves after its end. */
  terminate(): Promise<unknown>;
}

export function startPooledWorker(): PooledWorker {
  const { port1: port, port2 } = new MessageChannel();
  const worker = new Worker(new URL("./bunch.worker.mjs", import.meta.url), {
    workerData: port2,
    transferList: [port2],
  });
  worker.unref();
  worker.setMaxListeners(0);
  port.unref();
  return {
    post: (order) => port.postMessage(order),
    receive: () => (receiveMessageOnPort(port) as { message: Answer } | undefined)?.message,
    terminate: () => worker.terminate(),
  };
}
