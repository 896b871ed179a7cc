import { describe, expect, it } from "vitest";
import { type Ran, run, withoutTimes } from "./run.ts";

/**
 * Checks the output of an example without times of day. The example must succeed, with nothing on
 * stderr.
 */
async function linesOf(...args: string[]): Promise<string[]> {
  const { code, lines, stderr } = await run(args);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return withoutTimes(lines);
}

const sorted = (lines: readonly string[]): string[] => [...lines].sort();

describe.concurrent("the programs of the books", () => {
  it("ten-threads prints each number once, each on a line of its own", async () => {
    expect(sorted(await linesOf("ten-threads"))).toEqual(["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]);
  });

  it("sleepers run side by side, in all three ways to make a thread", async () => {
    const lines = await linesOf("sleepers", "--scale", "0.4");
    for (const [i, way] of ["function", "object", "subclass"].entries()) {
      const [begin, ...rest] = lines.slice(i * 6, i * 6 + 6);
      expect(begin).toBe(`by ${way}, starting at: TIME`);
      expect(rest.pop()).toBe("all DONE at: TIME");
      const loops = [0, 1].map((n) => [`start loop ${n} at: TIME`, `loop ${n} done at: TIME`]);
      expect(sorted(rest)).toEqual(sorted(loops.flat()));
      // The machine decides which of the two runs first, and how long the second one takes to start.
      for (const [start] of loops)
        for (const [, done] of loops) expect(rest.indexOf(start!)).toBeLessThan(rest.indexOf(done!));
    }
    expect(lines).toHaveLength(18);
  });

  it("results come back from threads, sooner than in turn", async () => {
    const lines = await linesOf("results", "--scale", "0.8");
    const tasks = ["fib", "fac", "sum"].map((name) => [`starting ${name} at: TIME`, `${name} finished at: TIME`]);
    const [fib, fac, sum] = ["233", "479001600", "78"];
    const values = [fib, fac, sum] as string[];

    const single = tasks.flatMap(([start, finish], i) => [start, values[i], finish]);
    expect(lines.slice(0, 10)).toEqual(["*** SINGLE THREAD", ...single]);

    const threaded = lines.slice(11, -1);
    expect(lines[10]).toBe("*** MULTIPLE THREADS");
    expect(threaded.filter((line) => /^\d+$/.test(line))).toEqual(values);
    expect(sorted(threaded)).toEqual(sorted([...tasks.flat(), ...values]));
    for (const [start, finish] of tasks as [string, string][])
      expect(threaded.indexOf(start)).toBeLessThan(threaded.indexOf(finish));

    const times = /^all DONE: single thread ([\d.]+) s, multiple threads ([\d.]+) s$/.exec(lines.at(-1) as string);
    expect(Number(times?.[2])).toBeLessThan(Number(times?.[1]));
  });

  it("delays print three lines each; the last line is last only with join", async () => {
    const lines = await linesOf("delays", "--scale", "0.1", "--t2", "5");
    const printed = (part: readonly string[]): string[] => part.filter((line) => line.includes("-->"));
    const parts = [lines.slice(0, 7), lines.slice(7, 15), lines.slice(15)];
    for (const part of parts) {
      expect(sorted(printed(part))).toEqual([
        ...Array<string>(3).fill("t1 --> TIME"),
        ...Array<string>(3).fill("t2 --> TIME"),
      ]);
      // t1 has ended before t2 prints its second line.
      expect(printed(part).lastIndexOf("t1 --> TIME")).toBeLessThan(printed(part).indexOf("t2 --> TIME") + 2);
      expect(printed(part).slice(-2)).toEqual(["t2 --> TIME", "t2 --> TIME"]);
    }
    expect(parts.map(([heading]) => heading)).toEqual(["startNewThread", "Thread, without join", "Thread, with join"]);
    const [never, early, last] = parts.map((part) => part.indexOf("Thread execution is complete!"));
    expect([never, last]).toEqual([-1, 7]);
    // Before t2 prints its second line. On a busy machine t1 may print its first line before main comes to this one.
    expect(early).toBeGreaterThan(0);
    expect(printed(parts[1]!.slice(early)).filter((line) => line.startsWith("t2")).length).toBeGreaterThanOrEqual(2);
  });

  it("volumes are right, and the error for a number as args names the cure", async () => {
    const lines = await linesOf("volumes");
    expect(sorted(lines.slice(0, 2))).toEqual(["Volume of Cube: 8", "Volume of Square: 9"]);
    expect(lines.slice(2)).toEqual([
      "TypeError: thread: args of the thread of volumeCube must be an array of arguments, got 2; write args: [2]",
      "and the program goes on",
    ]);
  });

  it("producer-consumer hands on each item once, and those of a producer in their order", async () => {
    expect(await linesOf("producer-consumer", "--consumers", "2", "--items", "500")).toEqual([
      "2 producers put 1000 items, 2 consumers took 1000",
      "each once: yes",
      "those of a producer in their order: yes",
    ]);
  });

  it("crawler asks for each page once", async () => {
    expect(await linesOf("crawler", "--threads", "3", "--pages", "40")).toEqual([
      "3 threads crawled 40 pages",
      "each was asked for once: yes",
    ]);
  });

  it("bank loses no deposit, and overdraws no account", async () => {
    expect(await linesOf("bank", "--clients", "4", "--times", "500")).toEqual([
      "4 clients deposited 2000, and the accounts hold 2000",
      "no account is overdrawn: yes",
      "transfers refused for lack of money: some",
    ]);
  });

  it("word-count counts each word once", async () => {
    expect(await linesOf("word-count", "--times", "50")).toEqual([
      "the    300",
      "dog    150",
      "fox    150",
      "a      100",
      "and    100",
      "1500 words, 14 different",
    ]);
  });

  it("named threads overlap, and each keeps its order", async () => {
    const lines = await linesOf("named", "--scale", "0.3");
    for (const name of ["t1", "t2"]) {
      const delay = `${name} --> TIME`;
      expect(lines.filter((line) => line.includes(name))).toEqual([
        `Starting Thread: ${name}`,
        ...[delay, delay, delay],
        `Execution of Thread: ${name} is complete!`,
      ]);
    }
    expect(lines.indexOf("Starting Thread: t2")).toBeLessThan(lines.indexOf("Execution of Thread: t1 is complete!"));
    expect(lines.indexOf("Starting Thread: t1")).toBeLessThan(lines.indexOf("Execution of Thread: t2 is complete!"));
    expect(lines.slice(10)).toEqual(["Thread execution is complete!"]);
  });

  it("stop-event ends the loop by itself, after the turn", async () => {
    const lines = await linesOf("stop-event", "--scale", "0.3");
    const turns = lines.filter((line) => line === "working at: TIME").length;
    expect(turns).toBeGreaterThan(0);
    expect(lines.filter((line) => line !== "working at: TIME")).toEqual([
      "stop!",
      "told to stop, so I stop",
      `stopped by itself after ${turns} turns`,
    ]);
  });

  it("ping gets the same answers from threads and user threads; from user threads soonest", async () => {
    const args = ["--hosts", "500", "--some", "100", "--timeout", "2000"];
    const { code, stdout, lines, stderr }: Ran = await run(["ping", ...args]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const table = [
      ...Buffer.from(stdout, "latin1")
        .toString()
        .matchAll(/│ (\w[\w ]*?) +│ +(\d+) │/g),
    ];
    expect(table.map(([, answer, hosts]) => `${answer}: ${hosts}`)).toEqual([
      "up: 440",
      "refused: 50",
      "no answer: 10",
    ]);
    expect(lines.at(-4)).toBe("the same answers: yes");
    const rates = ["one after another", "a thread each, 16 at a time", "a user thread each, on 4 kernel threads"].map(
      (way, i) => {
        const line = lines.at(i - 3)!;
        expect(line).toMatch(new RegExp(`^${way}: ${i === 2 ? 500 : 100} hosts in [\\d.]+ s, \\d+ a second$`));
        return Number(/(\d+) a second$/.exec(line)?.[1]);
      },
    );
    const [single, threads, userThreads] = rates as [number, number, number];
    expect(userThreads).toBeGreaterThan(Math.max(single, threads));
  });

  it("http-server answers each patient client, and cancels the work of the others", async () => {
    const lines = await linesOf("http-server", "--connections", "60", "--below", "30000");
    expect(lines.slice(0, 3)).toEqual([
      "60 clients asked at once; 54 were answered, 6 went away",
      "each answer is right, and came with its progress: yes",
      "the work of each client that went away was cancelled: yes",
    ]);
    expect(lines[3]).toMatch(/^the event loop was late by [\d.]+ ms at most, 99 times of 100$/);
  });

  it("thumbnails makes a small image of each", async () => {
    expect(await linesOf("thumbnails", "--count", "5", "--size", "64", "--threads", "2")).toEqual([
      "5 thumbnails",
      "each fits into 64 x 64 pixels: yes",
      expect.stringMatching(/^2 threads took /),
    ]);
  });

  it("timers call once, or again and again side by side; a cancelled timer does not call", async () => {
    const lines = await linesOf("timer", "--scale", "0.1", "--visits", "2");
    expect(lines[0]).toBe("start at: TIME");
    expect(lines.at(-1)).toBe("the last timer is cancelled, and says nothing");
    expect(lines.filter((line) => line === "hello, world at: TIME")).toHaveLength(1);
    const visits = [1, 2].map((n) => [`Waiting for client ${n}... at: TIME`, `client ${n} is served at: TIME`]);
    for (const [i, [waiting, served]] of visits.entries())
      expect(lines.filter((line) => line.includes(`client ${i + 1} `) || line.includes(`client ${i + 1}.`))).toEqual([
        ...[waiting, served, waiting, served],
      ]);
    // The clients come 5 and 3 seconds after the start, and are served for 5: the second comes
    // before the first is served.
    expect(lines.indexOf(visits[1]?.[0] as string)).toBeLessThan(lines.indexOf(visits[0]?.[1] as string));
    expect(lines).toHaveLength(11);
  });

  it("a server with a thread per client answers a fast client while a slow client is served", async () => {
    const lines = await linesOf("server", "--scale", "1");
    const waited = (line = ""): number[] => (line.match(/[\d.]+(?= s)/g) ?? []).map(Number);
    expect(lines.map((line) => line.replace(/[\d.]+ s/g, "TIME"))).toEqual([
      "one thread for all clients",
      ...["answered: hello, slow", "answered: hello, fast"],
      "the fast client waited TIME, the slow one TIME",
      "a thread per client",
      ...["answered: hello, fast", "answered: hello, slow"],
      "the fast client waited TIME, the slow one TIME",
    ]);
    const [fast, slow] = waited(lines[7]) as [number, number];
    expect(slow).toBeGreaterThanOrEqual(2);
    expect(fast).toBeLessThan(slow);
  });

  it("a bounded buffer passes on every item once, and never exceeds its limit", async () => {
    const lines = await linesOf("bounded-buffer", "--producers", "4", "--consumers", "3", "--items", "1500");
    const took = lines.slice(0, 3).map((line) => Number(/^consumer \d took (\d+) items$/.exec(line)?.[1]));
    expect(took.reduce((a, b) => a + b)).toBe(6000);
    expect(lines[3]).toBe("6000 items put, 6000 taken, each once: yes");
    expect(lines.slice(4)).toEqual([expect.stringMatching(/^never more than [1-8] waited, of 8 that may$/)]);
  });

  it("philosophers eat their meals, whichever way the deadlock is avoided", async () => {
    const { code, stdout, stderr } = await run(["philosophers", "--scale", "0.4", "--meals", "4"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const text = Buffer.from(stdout, "latin1").toString();
    expect(text.match(/^(forks in order|four at a time): [\d.]+ s$/gm)).toHaveLength(2);
    const rows = [...text.matchAll(/│ (\w+) +│ +(\d+) │ +[\d.]+ s │/g)].map(([, name, meals]) => `${name} ${meals}`);
    const once = ["Aristotle 4", "Confucius 4", "Hypatia 4", "Laozi 4", "Plato 4"];
    expect(rows).toEqual([...once, ...once]);
  });

  it("naive philosophers report their deadlock as a cycle", async () => {
    const names = ["Aristotle", "Confucius", "Hypatia", "Laozi", "Plato"];
    expect(await linesOf("philosophers", "--naive", "--scale", "0.3")).toEqual([
      ...names.map(
        (name, i) => `${name} has the left fork and waits for the right one, which ${names[(i + 1) % 5]} has`,
      ),
      "deadlock: after 0.30 s nobody has eaten",
    ]);
  });

  it("a game's threads agree on every frame, sixty of them a second", async () => {
    const { code, stdout, lines, stderr } = await run(["game-loop", "--frames", "120"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const rows = [
      ...Buffer.from(stdout, "latin1")
        .toString()
        .matchAll(/│ (\w+) +│ +120 │ +1 │ +120 │/g),
    ];
    expect(rows.map(([, name]) => name)).toEqual(["graphics", "input", "network"]);
    expect(lines.at(-3)).toBe("frame numbers agree in all three: yes");
    // On a busy machine frames come late, and the next frames sooner: the pace is kept. None comes
    // before its time.
    const rate = Number(/^([\d.]+) frames a second, the longest took [\d.]+ ms$/.exec(lines.at(-2) as string)?.[1]);
    expect(rate).toBeGreaterThan(30);
    expect(rate).toBeLessThanOrEqual(60);
    expect(lines.at(-1)).toBe("the player has come to 0, the other is at 20");
  });
});
