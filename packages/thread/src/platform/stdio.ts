/// <reference types="node" />
/**
 * The standard streams of a thread. A worker's own streams pass output to the main thread, and wait
 * for it. In Node and Bun they also report no terminal, and input is at its end at once.
 */
import type * as NodeBuffer from "node:buffer";
import type * as NodeFS from "node:fs";
import type * as NodeStream from "node:stream";
import type * as NodeTTY from "node:tty";
import { pause, ThreadError } from "@x/core";

type Stdout = NodeTTY.WriteStream & { _undestroy?(): void };

/** @param builtin returns a module of Node */
export function directStdio(builtin: <M>(name: string) => M): void {
  for (const [stream, fd] of [
    [process.stdout, 1],
    [process.stderr, 2],
  ] as const) {
    writeTo(builtin<typeof NodeBuffer>("node:buffer"), builtin<typeof NodeFS>("node:fs"), stream, fd);
    if (mayBeTerminal(builtin<typeof NodeFS>("node:fs"), fd))
      likeTerminal(builtin<typeof NodeTTY>("node:tty"), stream, fd);
  }
  if (process.versions["deno"] !== undefined) return; // Deno's workers can read
  refuseStdin(builtin<typeof NodeStream>("node:stream"));
}

/**
 * Replaces only the bottom of the stream: checks, callbacks, `cork`, `end` and errors remain
 * Node's. Like main's stream, it is never destroyed, by an error or by `end`, because other threads
 * keep writing to it.
 */
function writeTo({ Buffer }: typeof NodeBuffer, fs: typeof NodeFS, stream: Stdout, fd: number): void {
  const write = (chunk: Uint8Array | string, encoding: BufferEncoding, done: (error?: Error) => void): void => {
    try {
      writeAll(fs, fd, typeof chunk === "string" ? Buffer.from(chunk, encoding) : chunk);
    } catch (error) {
      return done(error as Error);
    }
    done();
  };
  /** Node's own `end` calls back only the first time, even if the stream is not destroyed. */
  const end = (...args: unknown[]): Stdout => {
    const done = args.find((arg) => typeof arg === "function") as (() => void) | undefined;
    const [chunk, encoding] = args.filter((arg) => arg !== done);
    if (chunk !== undefined && chunk !== null) stream.write(chunk as string, encoding as BufferEncoding);
    process.nextTick(() => {
      stream.emit("finish");
      done?.();
    });
    return stream;
  };
  Object.assign(stream, {
    // eslint-disable-next-line @typescript-eslint/unbound-method -- it is called on the stream. Deno's worker has one of its own
    write: (Object.getPrototypeOf(stream) as Stdout).write,
    _write: write,
    _writev: undefined,
    end,
    _destroy(error: Error | null, done: (error: Error | null) => void) {
      done(error);
      stream._undestroy?.();
    },
  });
}

/** A worker's write may be cut short, or fail with EAGAIN while the pipe is full. */
function writeAll(fs: typeof NodeFS, fd: number, bytes: Uint8Array): void {
  for (let written = 0; written < bytes.length;) {
    try {
      written += fs.writeSync(fd, bytes, written);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
      pause(1);
    }
  }
}

/** More methods of a terminal's stream. Of `this` they need only `write`. */
const OF_TERMINALS = ["getColorDepth", "hasColors", "cursorTo", "moveCursor", "clearLine", "clearScreenDown"] as const;

/**
 * Is false for pipes and files of Linux. A worker that writes to one of them need not load node:tty and node:net, which takes a
 * millisecond.
 *
 * Not by `fstatSync`: after a look at a pipe, the modules of Node 20 do not follow symbolic links any more, and linked packages are
 * loaded twice.
 */
function mayBeTerminal(fs: typeof NodeFS, fd: number): boolean {
  try {
    return fs.readlinkSync(`/proc/self/fd/${fd}`).startsWith("/dev/");
  } catch {
    return true; // it is closed, or this system has no such folder
  }
}

function likeTerminal(tty: typeof NodeTTY, stream: Stdout, fd: number): void {
  if (stream.isTTY || !tty.isatty(fd)) return; // without a terminal, main's stream lacks these, too
  /**
   * The window may be resized at any time without an event in this thread. A newly opened stream
   * reads the size.
   */
  const size = (): [number, number] => {
    const look = new tty.WriteStream(fd);
    const found: [number, number] = [look.columns, look.rows];
    look.destroy();
    return found;
  };
  const methods = tty.WriteStream.prototype as unknown as Readonly<Record<string, unknown>>;
  Object.defineProperties(stream, {
    isTTY: { value: true, configurable: true, writable: true },
    columns: { get: () => size()[0], configurable: true },
    rows: { get: () => size()[1], configurable: true },
    getWindowSize: { value: size, configurable: true, writable: true },
    ...Object.fromEntries(
      OF_TERMINALS.map((name) => [name, { value: methods[name], configurable: true, writable: true }]),
    ),
  });
}

function refuseStdin(stream: typeof NodeStream): void {
  let stdin: NodeStream.Readable | undefined;
  const make = (): NodeStream.Readable =>
    new stream.Readable({
      read() {
        this.destroy(
          new ThreadError(
            "thread: process.stdin can be read in the main thread only; read it there and pass the text on, " +
              "or read here by readFileSync(0) or readSync(0, buffer), which block",
          ),
        );
      },
    });
  Object.defineProperty(process, "stdin", {
    ...{ configurable: true, enumerable: true },
    get: () => (stdin ??= make()),
  });
}
