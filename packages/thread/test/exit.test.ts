/** The end of programs and their output: each program runs in a process of its own. */
import { spawnSync } from "node:child_process";
import { runOutOfMemory } from "@x/testkit";
import { describe, expect, it, vi } from "vitest";
import { TIMEOUT_MS, program, PROGRAMS } from "./run.js";

vi.setConfig({ testTimeout: TIMEOUT_MS });

describe.concurrent("the end of a program", () => {
  it("B125: a non-daemon thread ends normally after main has left", async () => {
    expect(await program("nonDaemonIsAwaited")).toMatchObject({ code: 0, out: "thread ended\n", err: "" });
  });

  it("the exit code is kept, whichever way it was set", async () => {
    expect(await program("exitCodeIsKept")).toMatchObject({ code: 7, out: "thread ended\n", err: "" });
    expect(await program("exitCodePropertyIsKept")).toMatchObject({ code: 5, out: "thread ended\n", err: "" });
  });

  it.each(["mainThrows", "mainRejects"])(
    "S69: an error of main ends the process with code 1, after its threads: %s",
    async (name) => {
      const { code, out, err } = await program(name);
      expect([code, out]).toEqual([1, "thread ended\n"]);
      expect(err).toContain("TypeError: main failed");
    },
  );

  it("an error of main is printed before the process waits for threads that may wait for main", async () => {
    const { code, all } = await program("mainThrowsWhileThreadsWait");
    expect(code).toBe(1);
    expect(all).toMatch(
      /main has failed; the process ends when 1 more thread has ended\nTypeError: main failed[^]*the gate opens[^]*thread ended/,
    );
  });

  it("B161: daemons in endless loops do not delay the end", async () => {
    expect(await program("daemonsInLoops")).toMatchObject({ code: 0, out: "", err: "" });
  });

  it("B165: daemons that print for ever do not delay the end", async () => {
    const { code, out, err } = await program("daemonsThatPrint");
    expect([code, err]).toEqual([0, ""]);
    expect(out).toMatch(/^\.{5,}$/);
  });

  it("S69: the finally blocks of daemons do not run", async () => {
    expect(await program("daemonsAreCutOff")).toMatchObject({ code: 0, out: "end of main\n", err: "" });
  });

  it("B162, S56: a join of main returns when main's work is done; main stays listed, not alive", async () => {
    expect(await program("threadJoinsMain")).toMatchObject({
      code: 0,
      out: "end of main\nend of thread false 2 2\n",
      err: "",
    });
  });

  it("B166: the process waits for a thread that a thread has started", async () => {
    expect(await program("threadFromThread")).toMatchObject({ code: 0, out: "OK\n", err: "" });
  });

  it("a foreign worker waits for its threads before it ends", async () => {
    const { code, out, err } = await program("foreignWorkerEnds");
    expect([code, err]).toEqual([0, ""]);
    expect(out.indexOf("thread ended")).toBeGreaterThanOrEqual(0);
    expect(out.indexOf("end of main")).toBeGreaterThan(out.indexOf("thread ended"));
  });

  it("the threads of a terminated foreign worker do not delay the end", async () => {
    const { code, out, err } = await program("foreignWorkerIsTerminated");
    expect([code, err]).toEqual([0, ""]);
    expect(out).toContain("end of main true");
  });

  it("the process does not wait for threads whose start is still awaited", async () => {
    const { code, out, err } = await program("startsInLine");
    expect([code, err]).toEqual([3, ""]);
    expect(out).toMatch(
      /^thread: Thread-1 \(sayLater\) was started before; threads can only be started once\n(\.\n)*$/,
    );
  });

  it("S69: the process waits for threads that other threads start late", async () => {
    const { code, out } = await program("lateGrandchildren");
    expect(code).toBe(0);
    expect(out.split("\n").sort()).toEqual(["", "depth 0", "depth 1", "depth 2", "depth 3"]);
  });

  it("S69, B155, B156: the first exit handler may start threads; later handlers may not, and cannot join daemons", async () => {
    const { code, out } = await program("exitHandlers");
    const noThread = "ThreadError thread: can't create new thread at shutdown: the process is past waiting for threads";
    expect(code).toBe(0);
    expect(out.split("\n")).toEqual([
      "thread ended",
      "first handler 7",
      ...[noThread, noThread],
      ...[1, 2].map(
        () => expect.stringMatching(/^ThreadError thread: cannot join Thread-\d+ \(endless\) at shutdown/) as string,
      ),
      "alive true",
      "",
    ]);
  });
});

describe.concurrent("a program that receives a signal", () => {
  const waiting = "Ctrl-C ends it now";

  it.each(["SIGINT", "SIGTERM"] as const)(
    "prints which threads it waits for, and ends at the second signal: %s",
    async (signal) => {
      const {
        code,
        signal: by,
        out,
        err,
      } = await program("exitsOnSignals", {
        signals: [
          ["ready", signal],
          [waiting, signal],
        ],
      });
      expect([code, by, out]).toEqual([null, signal, `ready\nhandled ${signal}\n`]);
      expect(err).toBe(`thread: the process ends when 1 thread has ended: Thread-1 (standsForEver); ${waiting}\n`);
    },
  );

  it("prints the names of some of many threads, and of no daemons", async () => {
    const { err } = await program("exitsOnSignals", {
      args: ["7"],
      signals: [
        ["ready", "SIGINT"],
        [waiting, "SIGTERM"],
      ],
    });
    expect(err).toMatch(
      /^thread: the process ends when 7 threads have ended: (Thread-\d \(standsForEver\), ){5}…; Ctrl-C/,
    );
  });

  it("ends at the first signal if it has no listener", async () => {
    const ended = await program("exitsUnheard", { signals: [[waiting, "SIGINT"]] });
    expect(ended).toMatchObject({ code: null, signal: "SIGINT" });
  });

  it("lets its threads end if the signal comes twice at once", async () => {
    const ended = await program("endsInPeace", {
      signals: [
        ["ready", "SIGINT"],
        ["handled", "SIGINT"],
      ],
    });
    expect(ended).toMatchObject({ code: 4, signal: null, out: "ready\nhandled\nthread ended\n" });
  });

  it.each([
    ["exit", 6, "MainThread ended by process.exit(6)"],
    ["throw", 1, "main failed"],
  ])("passes the locks of main to their waiters: %s", async (how, exitCode, cause) => {
    const { code, out } = await program("exitsHoldingLock", { args: [how] });
    expect(code).toBe(exitCode);
    expect(out).toMatch(
      /^OwnerDiedError: lock: MainThread died while it held this lock; [^;]*; cause: [^]*; held: true\n$/,
    );
    expect(out).toContain(cause);
  });

  it("refuses the first start at its end like any later start", async () => {
    const noThread = "ThreadError thread: can't create new thread at shutdown: the process is past waiting for threads";
    expect(await program("firstStartAtExit")).toMatchObject({ code: 0, out: `${noThread}\n${noThread}\n`, err: "" });
  });
});

describe.concurrent("uncaught errors", () => {
  it("B181, B188, S64: are reported on stderr with name and stack, and the program continues", async () => {
    const { code, out, err } = await program("uncaught");
    expect([code, out]).toEqual([0, "main goes on\n"]);
    expect(err).toMatch(
      /^Exception in thread Thread-1 \(fails\):\nRangeError: run failed\n {4}at fails \(.*thread\.programs\.mjs/,
    );
  });

  it("B190, S65: process.exit and exit() in a thread end only that thread, and call no hook", async () => {
    expect(await program("systemExit")).toMatchObject({ code: 0, out: "another thread\nmain goes on\n", err: "" });
  });

  it("S66, B193: a hook that throws is reported, and the error by the default hook; the default can be restored", async () => {
    const { code, err } = await program("hookFails");
    expect(code).toBe(0);
    const lines = err.split("\n").filter((line) => !line.startsWith("    at "));
    expect(lines).toEqual([
      ...["Exception in threading.excepthook:", "Error: the hook is broken"],
      ...["Exception in thread Thread-1 (fails):", "RangeError: run failed"],
      ...["Exception in thread Thread-2 (fails):", "RangeError: run failed", ""],
    ]);
  });

  it("B189: without a thread, the report names the caller's ident", async () => {
    const { out, err } = await program("hookWithoutThread");
    expect(err).toMatch(new RegExp(`^Exception in thread ${out.trim()}:\\nError: nobody's`));
  });

  it("B218, S67: of raw threads have a report of their own; process.exit and exit() have none", async () => {
    const { err } = await program("rawFails", {
      until: ({ err }) => err.includes("RangeError: raw") && err.includes("RangeError: anonymous"),
    });
    const lines = err.split("\n").filter((line) => line.startsWith("Exc"));
    expect(lines.sort()).toEqual([
      "Exception ignored in thread started by an anonymous function:",
      "Exception ignored in thread started by rawFails:",
    ]);
  });
});

describe.concurrent("output", () => {
  it("of a thread arrives whole and in order through a slow pipe, though main is blocked and exits at once", async () => {
    const { code, out } = await program("outputWhileBlocked", { readAfter: 300 });
    expect(code).toBe(0);
    expect(out).toBe(Array.from({ length: 20_000 }, (_, i) => `line ${i}\n`).join(""));
  });

  it("of several threads mixes by whole lines, in order for each thread", async () => {
    const { out } = await program("outputOfMany", { readAfter: 300 });
    const lines = out.trimEnd().split("\n");
    expect(lines.length).toBe(9000);
    for (const prefix of ["a", "b", "c"]) {
      const own = lines.filter((line) => line.startsWith(prefix));
      expect(own).toEqual(Array.from({ length: 3000 }, (_, i) => `${prefix} ${i}`));
    }
  });

  it("by write arrives as text and bytes on both streams", async () => {
    expect(await program("bothStreams")).toMatchObject({ code: 0, out: "out 1\nout 2\nout 3\n", err: "err 1\n" });
  });
});

describe.concurrent("the standard streams of a thread", () => {
  it("accept, refuse and call back as main's streams do, while main is blocked, and outlive their end", async () => {
    const codes = "ERR_INVALID_ARG_TYPE ERR_STREAM_NULL_VALUES ERR_UNKNOWN_ENCODING\n";
    const ended = await program("streams");
    expect(ended).toMatchObject({ code: 0, out: "1 2 3 4 5 6\n".repeat(2), err: codes.repeat(2) });
  });

  it("throw on a read, with the place where input can be read", async () => {
    const { out } = await program("readsInput", { input: "one\ntwo\n" });
    expect(out).toMatch(
      /^ThreadError: thread: process\.stdin can be read in the main thread only; read it there .*, or read here by readFileSync\(0\)/,
    );
  });

  it.runIf(process.platform === "linux")("report a full device by an error, unlike console", () => {
    const shell = ["-c", `exec "${process.execPath}" "${PROGRAMS}" outputFails >/dev/full`];
    const { stderr } = spawnSync("sh", shell, { encoding: "utf8", timeout: TIMEOUT_MS });
    expect(stderr.match(/^result: .*/gm)).toEqual(["result: went on", "result: ENOSPC", "result: went on"]);
  });

  it.runIf(process.platform === "linux")("are a terminal if main's streams are", () => {
    // The program `script` of util-linux runs another program in a terminal.
    const command = `stty cols 91 rows 33; "${process.execPath}" "${PROGRAMS}" terminal`;
    const { stdout } = spawnSync("script", ["-qec", command, "/dev/null"], { encoding: "utf8", timeout: TIMEOUT_MS });
    const [main, thread] = stdout.replaceAll("\r", "").split("\n") as [string, string];
    expect(main).toMatch(/^main true 91 33 91,33 \d+ (true|false)$/);
    expect(thread).toBe(main.replace("main", "thread"));
  });
});

describe.concurrent("a server in a thread", () => {
  it("ends with the thread, and a warning names the cure", async () => {
    const { out, err } = await program("serversInThreads", { until: ({ err }) => err.includes("waitAsync") });
    expect(out).toBe("");
    expect(err).toMatch(
      /^thread: Warning: Thread-2 \(listens\) has ended, and the server .*"await stop\.waitAsync\(\)"\n$/,
    );
  });
});

describe("limits", () => {
  it(
    "a thread that runs out of memory reports it, and the process continues",
    { timeout: 5 * TIMEOUT_MS },
    async ({ skip }) => {
      const ran = await runOutOfMemory(async () => {
        const ended = await program("outOfMemory", { flags: ["--max-old-space-size=80"] });
        return { ...ended, status: ended.signal ?? ended.code, stderr: ended.err };
      });
      if (ran === undefined) return skip("Node 24 has aborted the process each time");
      const { code, out, err } = ran;
      expect([code, out]).toEqual([0, "ThreadError thread: Thread-1 (hog) ran out of memory true\ntrue\n"]);
      expect(err).toMatch(
        /^Exception in thread Thread-1 \(hog\):\nThreadError: thread: Thread-1 \(hog\) ran out of memory/,
      );
    },
  );

  it("B158, S54: too many threads are refused, and all started threads run and end", async () => {
    const { code, out } = await program("tooMany", { ulimit: "-n 100" });
    expect(code).toBe(0);
    const [first, again] = out.split("\n");
    const { started, standing, idents, failures, refused, left } = JSON.parse(first!) as Record<string, never>;
    expect(started).toBeGreaterThan(4);
    expect({ standing, idents, failures, left }).toEqual({ standing: started, idents: started, failures: [], left: 1 });
    expect(refused).toMatch(
      /^ThreadError: thread: can't start new thread: \d+ threads are running, and this machine can carry no more/,
    );
    expect(again).toBe("true");
  });

  it("sixty threads can start at once", async () => {
    expect(await program("burst", { args: ["60"] })).toMatchObject({ code: 0, out: "60 1\n", err: "" });
  });
});
