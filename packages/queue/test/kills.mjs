import { Thread, expose, isMainThread, terminate } from "@x/thread";
import { Queue, Empty, Full } from "@x/queue";
import assert from "node:assert";
// Each producer puts [me, n] in order; each consumer marks `seen` (shared bytes) at its own index after its get. A killed thread may lose what it held.
export function produce(q, me, seen, sent) {
  for (let n = 0; ; n++) {
    q.put(n % 3 === 0 ? me * 1e6 + n : { me, n, text: "x".repeat((n * 37) % 900) });
    Atomics.store(sent, me, n + 1);
  }
}
export function consume(q, seen) {
  for (;;) {
    const v = q.get();
    const [me, n] = typeof v === "number" ? [Math.floor(v / 1e6), v % 1e6] : [v.me, v.n];
    if (typeof v !== "number" && v.text.length !== (n * 37) % 900) throw new Error("half an item");
    const was = Atomics.add(seen, me * 1e6 + n, 1);
    if (was !== 0) throw new Error("twice " + me + " " + n);
  }
}
export async function consumeAsync(q, seen) {
  for (;;) {
    const v = await q.getAsync();
    const [me, n] = typeof v === "number" ? [Math.floor(v / 1e6), v % 1e6] : [v.me, v.n];
    const was = Atomics.add(seen, me * 1e6 + n, 1);
    if (was !== 0) throw new Error("twice " + me + " " + n);
  }
}
expose(import.meta, { produce, consume, consumeAsync });
if (isMainThread) {
  const end = Date.now() + Number(process.argv[2] ?? 30) * 1000;
  let rounds = 0,
    items = 0,
    deaths = 0,
    lostAll = 0;
  while (Date.now() < end) {
    const q = new Queue(rounds % 2 ? 0 : 4);
    const seen = new Uint8Array(new SharedArrayBuffer(64e6));
    const sent = new Int32Array(new SharedArrayBuffer(256));
    let next = 0;
    const start = (target, ...args) => new Thread({ target, args, daemon: true }).start();
    const producers = [],
      consumers = [];
    const addP = () => producers.push(start(produce, q, next++, seen, sent));
    const addC = (i) => consumers.push(start(i % 2 ? consumeAsync : consume, q, seen));
    addP();
    addP();
    addC(0);
    addC(1);
    let d = 0;
    const failures = [];
    for (let k = 0; k < 6; k++) {
      await new Promise((r) => setTimeout(r, 20 + Math.random() * 60));
      const list = k % 2 ? producers : consumers;
      const [t] = list.splice(Math.floor(Math.random() * list.length), 1);
      if (!t.isAlive()) {
        try {
          t.result(1000);
        } catch (e) {
          failures.push(e);
        }
      }
      terminate(t);
      t.join(5000);
      d++;
      if (k % 2) addP();
      else addC(k);
    }
    for (const t of [...producers]) {
      terminate(t);
      t.join(5000);
      d++;
    }
    await new Promise((r) => setTimeout(r, 100));
    for (const t of consumers) {
      if (!t.isAlive()) {
        try {
          t.result(1000);
        } catch (e) {
          failures.push(e);
        }
      }
      terminate(t);
      t.join(5000);
      d++;
    }
    let left = 0;
    for (;;) {
      try {
        const v = q.get(200);
        const [me, n] = typeof v === "number" ? [Math.floor(v / 1e6), v % 1e6] : [v.me, v.n];
        if (Atomics.add(seen, me * 1e6 + n, 1) !== 0) throw new Error("twice at the end " + me + " " + n);
        left++;
      } catch (e) {
        if (e instanceof Empty) break;
        throw e;
      }
    }
    let lost = 0;
    for (let me = 0; me < next; me++) for (let n = 0; n < sent[me]; n++) if (seen[me * 1e6 + n] === 0) lost++;
    assert.deepEqual(failures, []);
    assert(lost <= d, `lost ${lost} with ${d} deaths`);
    rounds++;
    deaths += d;
    lostAll += lost;
    for (let me = 0; me < next; me++) items += sent[me];
  }
  console.log({ rounds, items, deaths, lostAll });
  process.exit();
}
