/** The examples: their subjects, options and functions. */
import { closeSync, openSync, statSync } from "node:fs";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import type { ParseArgsConfig } from "node:util";

/** A wrong argument; the message names the valid ones. */
export class UsageError extends Error {}

/** The arguments of the command line. */
export class Given {
  constructor(
    readonly values: Readonly<Record<string, unknown>>,
    readonly positionals: readonly string[],
  ) {}

  flag(name: string): boolean {
    return this.values[name] === true;
  }

  /** A file to write, if given. @throws UsageError if it cannot be written */
  file(name: string): string | undefined {
    const file = this.values[name] as string | undefined;
    try {
      if (file !== undefined) closeSync(openSync(file, "a"));
      return file;
    } catch (error) {
      throw new UsageError(`--${name} takes a file to write: ${(error as Error).message}`);
    }
  }

  /** A folder, if given. @throws UsageError if there is none */
  directory(name: string): string | undefined {
    const directory = this.values[name] as string | undefined;
    if (directory === undefined || statSync(directory, { throwIfNoEntry: false })?.isDirectory() === true)
      return directory;
    throw new UsageError(`--${name} takes a folder, got "${directory}"`);
  }

  /** @throws UsageError unless it is a number of at least `least` */
  number(name: string, usual: number, least = 0): number {
    const text = this.values[name];
    const value = text === undefined ? usual : text === "" ? NaN : Number(text);
    if (!(value >= least && value < Infinity))
      throw new UsageError(`--${name} takes a number from ${least}, got "${String(text)}"`);
    return value;
  }

  /** @throws UsageError unless it is a whole number from 1 to `most` */
  count(name: string, usual: number, most: number): number {
    const text = this.values[name];
    const value = text === undefined ? usual : Number(text);
    if (!(Number.isInteger(value) && value >= 1 && value <= most))
      throw new UsageError(`--${name} takes a whole number from 1 to ${most}, got "${String(text)}"`);
    return value;
  }
}

export interface Example {
  readonly about: string;
  /** The names of its arguments besides options. */
  readonly takes?: string;
  readonly options?: NonNullable<ParseArgsConfig["options"]>;
  /** The options, for --help. */
  readonly help?: Readonly<Record<string, string>>;
  /** Quick arguments for the tour. */
  readonly tour?: readonly string[];
  /** @returns the exit code, if it is not 0 */
  run(given: Given): Promise<number | void>;
}

const SECOND = 1000;
/** More threads than any machine needs. */
const MOST_THREADS = 1000;
/** Entries, or exits: each has two threads. */
const MOST_CAMERAS = 50;

const scale = {
  options: { scale: { type: "string" } },
  help: { "--scale FACTOR": "all times are this much longer, e.g. 0.1 for a tenth (default: 1)" },
} as const;

const second = (given: Given): number => SECOND * given.number("scale", 1);

export const EXAMPLES: Readonly<Record<string, Example>> = {
  "ten-threads": {
    about: "ten objects of a class print their numbers",
    run: async () => (await import("./ten-threads.js")).main(),
  },
  sleepers: {
    about: "loops of 4 and 2 seconds take 4 in all: by a function, an object, a subclass",
    ...scale,
    tour: ["--scale", "0.15"],
    run: async (given) => (await import("./sleepers.js")).main(second(given)),
  },
  results: {
    about: "a class that keeps its function's result; in turn, and threaded",
    ...scale,
    tour: ["--scale", "0.2"],
    run: async (given) => (await import("./results.js")).main(second(given)),
  },
  delays: {
    about: "two printers as raw threads and as Threads, without join and with it",
    options: { ...scale.options, t1: { type: "string" }, t2: { type: "string" } },
    help: {
      ...scale.help,
      "--t1 SECONDS": "the delay of the first (default: 1)",
      "--t2 SECONDS": "the delay of the second (default: 3)",
    },
    tour: ["--scale", "0.06"],
    run: async (given) =>
      (await import("./delays.js")).main(given.number("t1", 1) * second(given), given.number("t2", 3) * second(given)),
  },
  volumes: {
    about: "square and cube, and the error for wrong arguments",
    run: async () => (await import("./volumes.js")).main(),
  },
  named: {
    about: "a class with a name and a delay, started and joined",
    ...scale,
    tour: ["--scale", "0.1"],
    run: async (given) => (await import("./named.js")).main(second(given)),
  },
  "stop-event": {
    about: "a worker's loop, stopped by an Event",
    ...scale,
    tour: ["--scale", "0.2"],
    run: async (given) => (await import("./stop-event.js")).main(second(given)),
  },
  timer: {
    about: "delayed calls: once, again and again, and a cancelled one",
    options: { ...scale.options, visits: { type: "string" } },
    help: { ...scale.help, "--visits N": "how often each client comes (default: 3)" },
    tour: ["--scale", "0.05", "--visits", "2"],
    run: async (given) => (await import("./timer.js")).main(second(given), given.count("visits", 3, 1000)),
  },
  ping: {
    about: "thousands of hosts: some in turn and by a thread each, all by user threads on four kernel threads",
    options: {
      ...{ hosts: { type: "string" }, some: { type: "string" } },
      ...{ threads: { type: "string" }, timeout: { type: "string" } },
    },
    help: {
      "--hosts N": "how many (default: 10000)",
      "--some N": "how many of them in turn and by a thread each (default: 300)",
      "--threads N": "how many threads at a time (default: 16)",
      "--timeout MS": "how long to wait for an answer (default: 1000)",
    },
    tour: ["--hosts", "1000", "--some", "100"],
    run: async (given) =>
      (await import("./ping.js")).main({
        hosts: given.count("hosts", 10_000, 20_000),
        some: given.count("some", 300, 20_000),
        atOnce: given.count("threads", 16, MOST_THREADS),
        timeout: given.number("timeout", SECOND, 1),
      }),
  },
  server: {
    about: "a thread per client: a fast client is answered while a slow client is served",
    ...scale,
    tour: ["--scale", "0.1"],
    run: async (given) => (await import("./server.js")).main(2 * second(given)),
  },
  "http-server": {
    about:
      "work for 200 clients on threads: with progress, cancelled if the client goes away; the event loop stays free",
    options: { connections: { type: "string" }, below: { type: "string" }, threads: { type: "string" } },
    help: {
      "--connections N": "how many clients ask at once (default: 200)",
      "--below N": "count the primes below this number (default: 20000)",
      "--threads N": "how many threads (default: 2)",
    },
    run: async (given) =>
      (await import("./http-server.js")).main({
        connections: given.count("connections", 200, 10_000),
        below: given.count("below", 20_000, 100_000_000),
        threads: given.count("threads", 2, MOST_THREADS),
      }),
  },
  thumbnails: {
    about: "a folder of images, made small on all cores by map",
    options: {
      ...{ from: { type: "string" }, size: { type: "string" } },
      ...{ count: { type: "string" }, threads: { type: "string" } },
    },
    help: {
      "--from DIR": "the folder; the thumbnails go into a folder in it (default: draws images)",
      "--size N": "the longest side of a thumbnail in pixels (default: 128)",
      "--count N": "how many images to draw (default: 24)",
      "--threads N": `how many threads (default: as many as cores, here ${availableParallelism()})`,
    },
    run: async (given) =>
      (await import("./thumbnails.js")).main(given.directory("from"), {
        count: given.count("count", 24, 10_000),
        size: given.count("size", 128, 10_000),
        threads: given.count("threads", availableParallelism(), MOST_THREADS),
      }),
  },
  "bounded-buffer": {
    about: "producers and consumers with room for a few items between them: two Conditions on one Lock",
    options: {
      ...{ producers: { type: "string" }, consumers: { type: "string" } },
      ...{ items: { type: "string" }, capacity: { type: "string" } },
    },
    help: {
      "--producers N": "how many (default: 3)",
      "--consumers N": "how many (default: 2)",
      "--items N": "how many each producer makes (default: 2000)",
      "--capacity N": "how many the buffer holds (default: 8)",
    },
    run: async (given) =>
      (await import("./bounded-buffer.js")).main({
        producers: given.count("producers", 3, MOST_THREADS),
        consumers: given.count("consumers", 2, MOST_THREADS),
        each: given.count("items", 2000, 1_000_000),
        capacity: given.count("capacity", 8, 1_000_000),
      }),
  },
  "producer-consumer": {
    about: "the same by a Queue, whose shutdown ends the consumers",
    options: { producers: { type: "string" }, consumers: { type: "string" }, items: { type: "string" } },
    help: {
      "--producers N": "how many (default: 2)",
      "--consumers N": "how many (default: 3)",
      "--items N": "how many items each producer makes (default: 1000)",
    },
    run: async (given) =>
      (await import("./producer-consumer.js")).main({
        producers: given.count("producers", 2, MOST_THREADS),
        consumers: given.count("consumers", 3, MOST_THREADS),
        each: given.count("items", 1000, 1_000_000),
      }),
  },
  crawler: {
    about: "threads fetch the pages of a site: a Queue of URLs, and a set of those seen",
    options: { threads: { type: "string" }, pages: { type: "string" } },
    help: {
      "--threads N": "how many (default: 4)",
      "--pages N": "how many pages the site has (default: 100)",
    },
    run: async (given) =>
      (await import("./crawler.js")).main({
        threads: given.count("threads", 4, MOST_THREADS),
        pages: given.count("pages", 100, 100_000),
      }),
  },
  bank: {
    about: "clients deposit and transfer: accounts whose fields are the same in all threads",
    options: { clients: { type: "string" }, accounts: { type: "string" }, times: { type: "string" } },
    help: {
      "--clients N": "how many threads (default: 3)",
      "--accounts N": "how many accounts (default: 4)",
      "--times N": "how many deposits and transfers each client makes (default: 1000)",
    },
    run: async (given) =>
      (await import("./bank.js")).main({
        clients: given.count("clients", 3, MOST_THREADS),
        accounts: given.count("accounts", 4, 10_000),
        times: given.count("times", 1000, 1_000_000),
      }),
  },
  "word-count": {
    about: "the words of a text, counted by threads that fill one map",
    options: { threads: { type: "string" }, times: { type: "string" } },
    help: {
      "--threads N": "how many (default: 4)",
      "--times N": "how often the text is repeated (default: 100)",
    },
    run: async (given) =>
      (await import("./word-count.js")).main({
        threads: given.count("threads", 4, MOST_THREADS),
        times: given.count("times", 100, 100_000),
      }),
  },
  philosophers: {
    about: "five threads and five locks, two for each, without a deadlock, or with one",
    options: { ...scale.options, meals: { type: "string" }, naive: { type: "boolean" } },
    help: {
      ...scale.help,
      "--meals N": "how often each eats (default: 5)",
      "--naive": "all take the left fork first: shows the deadlock, and ends by a timeout",
    },
    tour: ["--scale", "0.2"],
    run: async (given) =>
      (await import("./philosophers.js")).main({
        ms: 0.05 * second(given),
        meals: given.count("meals", 5, 100_000),
        naive: given.flag("naive"),
      }),
  },
  "game-loop": {
    about: "graphics, input and network in step, 60 frames a second, by a Barrier",
    options: { frames: { type: "string" } },
    help: { "--frames N": "how many (default: 120)" },
    tour: ["--frames", "45"],
    run: async (given) => (await import("./game-loop.js")).main(given.count("frames", 120, 100_000)),
  },
  "car-park": {
    about: "cameras at entries and exits, each with a reader and a judge thread; the totals match the truth",
    options: {
      ...{
        seed: { type: "string" },
        entries: { type: "string" },
        exits: { type: "string" },
        frames: { type: "string" },
      },
      ...{ fps: { type: "string" }, spaces: { type: "string" }, report: { type: "string" } },
    },
    help: {
      "--seed N": "other cars (default: 1)",
      "--entries N": "how many entries (default: 2)",
      "--exits N": "how many exits (default: 2)",
      "--frames N": "how many frames each camera delivers (default: 600)",
      "--fps N": "how many of them in a second (default: 200)",
      "--spaces N": "how many spaces are free in the morning (default: 2)",
      "--report FILE": "write a page with pictures of what each thread did",
    },
    tour: ["--frames", "250"],
    run: async (given) =>
      (await import("./car-park/main.js")).main({
        seed: given.count("seed", 1, 1_000_000),
        entries: given.count("entries", 2, MOST_CAMERAS),
        exits: given.count("exits", 2, MOST_CAMERAS),
        frames: given.count("frames", 600, 100_000),
        fps: given.count("fps", 200, 10_000),
        spaces: given.count("spaces", 2, 1_000_000),
        report: given.file("report"),
      }),
  },
  checksum: {
    about: "the SHA-256 of every file below a directory, in the format of sha256sum, on all cores",
    takes: "DIR",
    options: { threads: { type: "string" }, "no-compare": { type: "boolean" } },
    help: {
      "--threads N": `how many threads (default: as many as cores, here ${availableParallelism()})`,
      "--no-compare": "do not run again with one thread, to tell how much faster many are",
    },
    tour: [fileURLToPath(new URL(".", import.meta.url)), "--no-compare"],
    run: async (given) => {
      const [directory] = given.positionals as [string];
      const threads = given.count("threads", availableParallelism(), MOST_THREADS);
      return (await import("./checksum.js")).main(directory, threads, !given.flag("no-compare"));
    },
  },
};
