import { Lock } from "@x/lock";
import { Queue } from "@x/queue";
import { SharedMap, sharedObject } from "@x/shared";
import { expose, Thread } from "@x/thread";
import { LONG, probe, same } from "./probe.mjs";

export function serve(requests) {
  for (let request; (request = requests.get()) !== null;) {
    const { bank, name, memory, reply } = request;
    const account = bank.get(name);
    account.lock.with(() => {
      account.balance += new Int32Array(memory)[0];
    });
    reply.put({ memory, balance: account.balance });
  }
}
expose({ serve });

await probe(() => {
  const requests = new Queue();
  const server = new Thread({ target: serve, args: [requests] }).start();
  const bank = new SharedMap([["Ada", sharedObject({ balance: 1, lock: new Lock() })]]);
  for (let n = 1; n <= 20; n++) {
    const reply = new Queue();
    const memory = new SharedArrayBuffer(4);
    new Int32Array(memory)[0] = n;
    requests.put({ bank, name: "Ada", memory, reply });
    const answer = reply.get(LONG);
    if (answer.memory !== memory) return "memory does not come home as itself";
    same(answer.balance, 1 + (n * (n + 1)) / 2, "the balance that the thread saw");
  }
  requests.put(null);
  server.result(LONG);
  same(bank.get("Ada").balance, 211, "the balance here");
});
