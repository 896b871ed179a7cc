/**
 * The SHA-256 of every file below a directory, in the format of `sha256sum`, on many threads.
 *
 * A file name is a string of bytes, in any encoding or none. Here it is kept as latin1 text, one
 * character per byte, so it keeps its bytes and sorts by them.
 */
import { createHash } from "node:crypto";
import { closeSync, lstatSync, openSync, readdirSync, readSync } from "node:fs";
import { Lock } from "@x/lock";
import { expose, Thread } from "@x/thread";
import { SingleBar } from "cli-progress";
import { seconds } from "./clock.js";

const BUFFER_BYTES = 256 * 1024;

/**
 * Hands out pieces of work to threads: each free thread takes the next piece, so no thread is idle
 * before the end.
 */
class Counter {
  private readonly taken = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  private readonly lock = new Lock();

  /** 0, 1, 2, …: each number goes to a single thread. */
  next(): number {
    return this.lock.with(() => {
      const next = this.value;
      this.taken[0] = next + 1;
      return next;
    });
  }

  /** How many are taken. */
  get value(): number {
    return this.taken[0] ?? 0;
  }
}

interface Sum {
  readonly index: number;
  readonly bytes: number;
  readonly digest?: string;
  readonly error?: string;
}

/** Reads the file piece by piece, because it may be larger than the memory. */
function sumFile(path: string, buffer: Uint8Array): { digest: string; bytes: number } {
  const file = openSync(Buffer.from(path, "latin1"), "r");
  try {
    const hash = createHash("sha256");
    let bytes = 0;
    for (let read; (read = readSync(file, buffer)) > 0; bytes += read) hash.update(buffer.subarray(0, read));
    return { digest: hash.digest("hex"), bytes };
  } finally {
    closeSync(file);
  }
}

/** The target of each thread. */
function sumFiles(paths: readonly string[], counter: Counter): Sum[] {
  const buffer = new Uint8Array(BUFFER_BYTES);
  const sums: Sum[] = [];
  for (let index; (index = counter.next()) < paths.length;) {
    try {
      sums.push({ index, ...sumFile(paths[index] as string, buffer) });
    } catch (error) {
      sums.push({ index, bytes: 0, error: reason(error) });
    }
  }
  return sums;
}

expose({ Counter, sumFiles });

/** All sums, in the order of paths. */
function sumAll(paths: readonly string[], threadCount: number): { sums: Sum[]; ms: number } {
  const start = performance.now();
  const counter = new Counter();
  const bar = new SingleBar({ format: "{bar} {value}/{total} files", clearOnComplete: true, hideCursor: true });
  bar.start(paths.length, 0); // draws only if stderr is a terminal
  try {
    const threads = Array.from({ length: threadCount }, () =>
      new Thread({ target: sumFiles, args: [paths, counter] }).start(),
    );
    for (const thread of threads) while (!thread.join(100)) bar.update(Math.min(counter.value, paths.length));
    const sums = threads.flatMap((thread) => thread.result()).sort((a, b) => a.index - b.index);
    return { sums, ms: performance.now() - start };
  } finally {
    bar.stop();
  }
}

/** The regular files in and below a directory. Does not follow links. */
function* filesBelow(directory: string, onError: (path: string, error: unknown) => void): Generator<string> {
  try {
    for (const entry of readdirSync(Buffer.from(directory, "latin1"), { withFileTypes: true, encoding: "buffer" })) {
      const path = `${directory}${directory.endsWith("/") ? "" : "/"}${entry.name.toString("latin1")}`;
      if (entry.isDirectory()) yield* filesBelow(path, onError);
      else if (entry.isFile()) yield path;
    }
  } catch (error) {
    onError(directory, error);
  }
}

/** A line of `sha256sum`. Names with a line break are escaped, with a backslash in front of the line. */
function line(digest: string, path: string): string {
  const escaped = path.replace(/[\\\n\r]/g, (char) => (char === "\\" ? "\\\\" : char === "\n" ? "\\n" : "\\r"));
  return `${escaped === path ? "" : "\\"}${digest}  ${escaped}\n`;
}

function reason(error: unknown): string {
  return (error as Error).message.split(", ")[0] ?? "";
}

/** @returns the exit code: 0, or 1 if some file could not be read */
export function main(directory: string, mostThreads: number, compare: boolean): number {
  let failures = 0;
  const fail = (path: string, why: unknown): void => {
    failures++;
    console.error(
      `checksum: ${Buffer.from(path, "latin1").toString()}: ${typeof why === "string" ? why : reason(why)}`,
    );
  };

  const root = Buffer.from(directory).toString("latin1");
  const paths: string[] = [];
  try {
    const stats = lstatSync(directory);
    if (stats.isFile()) paths.push(root);
    else if (stats.isDirectory()) paths.push(...filesBelow(root, fail));
    else if (stats.isSymbolicLink()) fail(root, `is a symbolic link, which is not followed; write ${directory}/`);
    else fail(root, "is neither a directory nor a file");
  } catch (error) {
    fail(root, error);
  }
  paths.sort();

  const threadCount = Math.max(1, Math.min(mostThreads, paths.length));
  const { sums, ms } = sumAll(paths, threadCount);
  let text = "";
  for (const { index, digest, error } of sums) {
    if (digest === undefined) fail(paths[index] as string, error);
    else text += line(digest, paths[index] as string);
  }
  process.stdout.write(Buffer.from(text, "latin1"));

  const bytes = sums.reduce((total, sum) => total + sum.bytes, 0);
  const threads = threadCount === 1 ? "1 thread" : `${threadCount} threads`;
  console.error(
    `${paths.length} ${paths.length === 1 ? "file" : "files"}, ${(bytes / 1e6).toFixed(1)} MB, ${threads}: ${seconds(ms)}`,
  );
  if (compare && threadCount > 1) {
    // The first run may have waited for the disk. Now the files are in memory for both runs.
    const [one, many] = [sumAll(paths, 1).ms, sumAll(paths, threadCount).ms];
    const times = (one / many).toFixed(2);
    console.error(`again, from memory: 1 thread ${seconds(one)}, ${threads} ${seconds(many)}: ${times} times as fast`);
  }
  return failures === 0 ? 0 : 1;
}
