/**
 * The routing of messages in a page, in every order in which they can be sent, pass the page, and arrive. Each
 * realm (the page, two workers) is a copy of the built sources; the test is what a browser does between
 * them: a worker's messages reach the page in order, and the page's reach a worker in order. The steps of a ring
 * have a model of their own, in @x/core.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { MODEL_TIMEOUT } from "@x/testkit";
import { build } from "esbuild";
import { describe, expect, it } from "vitest";
import type * as Channels from "../src/platform/browser-channels.js";
import type * as Page from "../src/platform/browser-page.js";
import type { Routed } from "../src/platform/browser-channels.js";
import type { Port } from "../src/platform/thread-platform.js";

type Realm = typeof Channels & typeof Page;

/** A text of the sources, and the text in its place. */
type Breakage = readonly [from: string, to: string];

const FOLDER = fileURLToPath(new URL("../src/platform", import.meta.url));
const ALL = `export * from "./browser-channels.js"; export * from "./browser-page.js";`;

/** Thousands of rings would reserve more memory than there are addresses. */
const SMALL: Breakage = ["64 << 20", "1 << 12"];

let copies = 0;

/** Makes copies of the sources, with these texts replaced. */
async function newRealms(count: number, breakages: readonly Breakage[]): Promise<Realm[]> {
  const made = await build({
    ...{ stdin: { contents: ALL, resolveDir: FOLDER }, bundle: true, format: "esm", platform: "node", write: false },
    ...{ conditions: ["@x/source"], target: "es2022", tsconfigRaw: {}, logLevel: "silent" },
    absWorkingDir: join(FOLDER, ".."),
  });
  let text = made.outputFiles[0]!.text;
  for (const [from, to] of [SMALL, ...breakages]) {
    expect(text.split(from), `"${from}" stands once in the sources`).toHaveLength(2);
    text = text.replace(from, () => to);
  }
  const url = (n: number): string => `data:text/javascript,${encodeURIComponent(`${text}\n// ${n}`)}`;
  return Promise.all(Array.from({ length: count }, () => import(url(copies++)) as Promise<Realm>));
}

/** Chooses one of so many. */
type Choose = (count: number) => number;

/** Runs with every sequence of choices. Returns how many there are. */
async function everySchedule(run: (choose: Choose) => unknown): Promise<number> {
  const path: { chosen: number; readonly count: number }[] = [];
  for (let schedules = 1; ; schedules++) {
    let depth = 0;
    await run((count) => {
      const at = (path[depth++] ??= { chosen: 0, count });
      return at.chosen;
    });
    while (path.length > 0 && path.at(-1)!.chosen === path.at(-1)!.count - 1) path.pop();
    if (path.length === 0) return schedules;
    path.at(-1)!.chosen++;
  }
}

/** Does one after another of the steps that are possible, in the chosen order, until none is left. */
function interleave(choose: Choose, actors: readonly (() => (() => void) | undefined)[]): void {
  for (;;) {
    const steps = actors.map((next) => next()).filter((step) => step !== undefined);
    if (steps.length === 0) return;
    steps[choose(steps.length)]!();
  }
}

/** An actor with steps in a fixed order. */
function inOrder(steps: (() => void)[]): () => (() => void) | undefined {
  return () => (steps.length === 0 ? undefined : () => steps.shift()!());
}

/** An actor that takes from a line of messages. */
function line<T>(messages: readonly T[], receive: (message: T) => void): () => (() => void) | undefined {
  return () => (messages.length === 0 ? undefined : () => receive((messages as T[]).shift()!));
}

const DEATH = new Error("the sender dies");

/** A message that can be bytes, or that the page has to send. */
const messageOf = (kind: string, n: number): unknown =>
  kind === "b" ? { n } : { n, memory: new SharedArrayBuffer(4) };

const numbersOf = (messages: readonly unknown[]): number[] => messages.map((message) => (message as { n: number }).n);

/** Three messages, each as bytes or by the page. */
const KINDS = ["bbb", "bbp", "bpb", "bpp", "pbb", "pbp", "ppb", "ppp"];

type Model = (realms: readonly Realm[]) => Promise<number>;

/** What a reader does: takes as a thread that blocks, or takes the next as one in its event loop. */
const MODES = ["blocks", "in order"] as const;

/** A sender, the page, and a reader that looks at any time. */
const DIRECT: Model = async ([realm]) => {
  const { openChannel, routeBy, post, take, next, arrive, arrived, close } = realm!;
  let schedules = 0;
  for (const kinds of KINDS) {
    for (const mode of MODES) {
      schedules += await everySchedule((choose) => {
        const [here, there] = openChannel();
        const onTheWay: Routed[] = [];
        // The message may arrive, and be taken, before its place is written.
        routeBy((routed) => {
          onTheWay.push(structuredClone(routed));
          const goesOn = choose(3);
          if (goesOn > 0) onTheWay.splice(0).forEach(arrive);
          if (goesOn > 1) read();
        });
        const got: unknown[] = [];
        let asked = 0;
        const read = (): void => {
          if (mode === "blocks") {
            const item = take(there);
            if (item !== undefined) got.push(item.message);
          } else if (asked === 0) {
            asked++;
            next(there, (item) => {
              asked--;
              if (item !== undefined) got.push(item.message);
            });
          }
        };
        interleave(choose, [
          inOrder([...kinds].map((kind, n) => () => post(here, messageOf(kind, n)))),
          line(onTheWay, arrive),
          inOrder([read, read]),
        ]);
        for (let i = 0; i < 4; i++) read();
        expect(asked, "a reader waits for a message that has arrived").toBe(0);
        expect(arrived(there), "a place has no message").toBeUndefined();
        if (mode === "in order") expect(numbersOf(got)).toEqual([0, 1, 2]);
        else expect(numbersOf(got).sort()).toEqual([0, 1, 2]);
        [here, there].forEach(close);
      });
    }
  }
  return schedules;
};

/** The sender dies as it has sent a message by the page, and before it does anything else. */
const MORTAL: Model = async ([realm]) => {
  const { openChannel, routeBy, post, take, arrive, arrived, close } = realm!;
  let schedules = 0;
  for (const kinds of KINDS.filter((kinds) => kinds.includes("p"))) {
    for (const isSent of [true, false]) {
      schedules += await everySchedule((choose) => {
        const [here, there] = openChannel();
        const onTheWay: Routed[] = [];
        routeBy((routed) => {
          if (isSent) onTheWay.push(structuredClone(routed));
          throw DEATH;
        });
        const got: unknown[] = [];
        const read = (): void => {
          const item = take(there);
          if (item !== undefined) got.push(item.message);
        };
        const steps = [...kinds].map((kind, n) => (): void => {
          try {
            post(here, messageOf(kind, n));
          } catch (error) {
            expect(error).toBe(DEATH);
            steps.length = 0;
          }
        });
        interleave(choose, [inOrder(steps), line(onTheWay, arrive), inOrder([read, read])]);
        expect(arrived(there), "a place has no message").toBeUndefined();
        for (let i = 0; i < 4; i++) read();
        const before = kinds.indexOf("p");
        const all = Array.from({ length: before + (isSent ? 1 : 0) }, (_, n) => n);
        expect(numbersOf(got).sort()).toEqual(all);
        [here, there].forEach(close);
      });
    }
  }
  return schedules;
};

/** A worker as the page sees it: what the page sends to it waits in a line. */
class FakeWorker {
  readonly sent: unknown[] = [];
  addEventListener(): void {
    // The test hands its messages to the page.
  }
  postMessage(message: unknown): void {
    this.sent.push(structuredClone(message));
  }
  terminate(): void {
    // It sends no more, because the schedule is over.
  }
}

const ROUTE = "@x/thread route";
const ROLE = "@x/thread role";

/**
 * A thread of the worker A starts another one: A sends the job into a new channel, sends the channel's other
 * end to the page, and goes on. The page makes the worker B, and hands the end over. B answers.
 */
const NESTED: Model = ([page, a, b]) =>
  everySchedule((choose) => {
    const handles: { terminate(): void }[] = [];
    const startWorker = (end: Port): FakeWorker => {
      const worker = new FakeWorker();
      page!.makeWorkersBy(() => worker as never);
      const nothing = (): void => undefined;
      const options = { data: { end }, transfer: [end], onError: nothing, onExit: nothing };
      handles.push(page!.startWorker(options as never));
      return worker;
    };
    const [atPage, atA] = page!.openChannel();
    const workerA = startWorker(atA);
    let workerB: FakeWorker | undefined;

    const fromA: Routed[] = [];
    const fromB: Routed[] = [];
    a!.routeBy((routed) => void fromA.push(structuredClone(routed)));
    b!.routeBy((routed) => void fromB.push(structuredClone(routed)));

    const [mine, theirs] = a!.openChannel();
    const stepsOfA = [
      () => a!.post(mine, messageOf("p", 0)),
      () => a!.post(atA, { starter: theirs }, [theirs]),
      () => a!.post(mine, messageOf("p", 1)),
    ];
    const stepsOfB: (() => void)[] = [];
    let atB: Port | undefined;
    const poll = (): void => {
      const item = page!.take(atPage);
      if (item !== undefined) workerB = startWorker((item.message as { starter: Port }).starter);
    };
    const receiveIn = (realm: Realm, message: unknown): void => {
      const { [ROUTE]: routed, [ROLE]: role } = message as { [ROUTE]?: Routed; [ROLE]?: { end: Port } };
      if (routed !== undefined) return realm.arrive(routed);
      if (realm !== b || role === undefined) return;
      const { end } = role;
      atB = end;
      stepsOfB.push(() => b.post(end, messageOf("p", 2)));
    };
    interleave(choose, [
      inOrder(stepsOfA),
      line(fromA, (routed) => (page!.sendOn(routed, workerA as never), poll())),
      line(fromB, (routed) => page!.sendOn(routed, workerB as never)),
      line(workerA.sent, (message) => receiveIn(a!, message)),
      () => line(workerB?.sent ?? [], (message) => receiveIn(b!, message))(),
      () => inOrder(stepsOfB)(),
    ]);
    const takeAll = (realm: Realm, port: Port): unknown[] => {
      const got: unknown[] = [];
      for (let item; (item = realm.take(port)) !== undefined;) got.push(item.message);
      return got;
    };
    expect(atB, "B has its end").toBeDefined();
    expect(numbersOf(takeAll(b!, atB!)), "what B has").toEqual([0, 1]);
    expect(numbersOf(takeAll(a!, mine)), "what A has").toEqual([2]);
    page!.close(atPage);
    a!.close(mine);
    b!.close(atB!);
    for (const handle of handles) handle.terminate();
  });

/** A worker whose messages wait in a line for the page, and are dropped as it is terminated, as in browsers. */
class MortalWorker extends FakeWorker {
  readonly pending: (() => void)[] = [];
  isTerminated = false;
  private receive: ((event: { readonly data: unknown }) => void) | undefined;
  override addEventListener(type?: string, listener?: (event: { readonly data: unknown }) => void): void {
    if (type === "message") this.receive = listener;
  }
  override terminate(): void {
    this.isTerminated = true;
    this.pending.length = 0;
  }
  /** The worker posts to the page. */
  post(routed: Routed): void {
    const { posted } = this.sent[0] as { readonly posted: Int32Array };
    const data = { [ROUTE]: structuredClone(routed) };
    Atomics.add(posted, 0, 1);
    this.pending.push(() => this.receive?.({ data }));
  }
}

/** The page terminates a worker that has posted messages. All that it posted before arrive. */
const TERMINATED: Model = ([page, a]) =>
  everySchedule(async (choose) => {
    const worker = new MortalWorker();
    page!.makeWorkersBy(() => worker as never);
    const [atPage, atA] = page!.openChannel();
    const nothing = (): void => undefined;
    const options = { data: {}, transfer: [atA], onError: nothing, onExit: nothing };
    const handle = page!.startWorker(options as never);
    a!.routeBy((routed) => worker.post(routed));
    let posted = 0;
    let due: number | undefined;
    const posts = [0, 1, 2].map((n) => (): void => {
      a!.post(atA, messageOf("p", n));
      posted++;
    });
    const ends = [
      (): void => {
        due = posted;
        handle.terminate();
      },
    ];
    const actors = [
      () => (worker.isTerminated ? undefined : inOrder(posts)()),
      () => (worker.pending.length === 0 ? undefined : () => worker.pending.shift()!()),
      inOrder(ends),
    ];
    for (;;) {
      const steps = actors.map((next) => next()).filter((step) => step !== undefined);
      if (steps.length === 0) break;
      steps[choose(steps.length)]!();
      for (let turn = 0; turn < 4; turn++) await Promise.resolve(); // the page's promises go on between events
    }
    expect(worker.isTerminated, "the worker is terminated").toBe(true);
    const got: unknown[] = [];
    for (let item; (item = page!.take(atPage)) !== undefined;) got.push(item.message);
    expect(numbersOf(got).slice(0, due), "what was posted before").toEqual([0, 1, 2].slice(0, due));
    page!.close(atPage);
    a!.close(atA);
  });

const MODELS = { DIRECT, MORTAL, NESTED, TERMINATED };

describe("every schedule of the channels of a page", { timeout: MODEL_TIMEOUT }, () => {
  it.each([
    ["three messages, as bytes or by the page", "DIRECT", 2000],
    ["a sender that dies as it sends by the page", "MORTAL", 50],
    ["a thread of a worker that starts another one", "NESTED", 20],
    ["a worker that is terminated with messages on their way", "TERMINATED", 20],
  ] as const)("%s", async (_, name, least) => {
    expect(await MODELS[name](await newRealms(3, []))).toBeGreaterThan(least);
  });
});

interface Broken {
  readonly name: string;
  readonly breakages: readonly Breakage[];
  readonly by: keyof typeof MODELS;
}

const BROKEN: readonly Broken[] = [
  {
    name: "the place before the message",
    breakages: [
      [
        "const number = this.sent + 1;",
        "const number = this.sent + 1; writeRecord(out, PLACE, new Uint8Array(Int32Array.of(number).buffer));",
      ],
    ],
    by: "MORTAL",
  },
  {
    name: "a message that comes before its place is not noted",
    breakages: [["this.early.add(number);", ""]],
    by: "DIRECT",
  },
  {
    name: "a message does not fill its place",
    breakages: [["if (place >= 0) this.items[place]", "if (false) this.items[place]"]],
    by: "DIRECT",
  },
  {
    name: "the ring is not read before a message of the page is put behind it",
    breakages: [["this.read();\n    if (number === 0)", "if (number === 0)"]],
    by: "DIRECT",
  },
  {
    name: "a reader in its event loop does not wait at a place",
    breakages: [['if (typeof this.items[0] === "number") this.waiting.push', "if (false) this.waiting.push"]],
    by: "DIRECT",
  },
  {
    name: "what arrived for an end does not follow it",
    breakages: [["for (const routed of takeKept(key)) sendTo(worker, routed);", ""]],
    by: "NESTED",
  },
  {
    name: "the page does not note where the other end is",
    breakages: [["holders.set(peer, from);", ";"]],
    by: "NESTED",
  },
  {
    name: "a worker is terminated before its messages have arrived",
    breakages: [["(due - this.#received | 0) <= 0", "true"]],
    by: "TERMINATED",
  },
];

describe("broken channels of a page", { timeout: MODEL_TIMEOUT }, () => {
  it.each(BROKEN)("$name: a schedule shows it", async ({ breakages, by }) => {
    const realms = await newRealms(3, breakages);
    await expect(MODELS[by](realms)).rejects.toThrow();
  });
});
