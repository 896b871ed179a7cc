import { describe, expect, it } from "vitest";
import { run } from "./run.ts";

const NAMES = [
  ...["ten-threads", "sleepers", "results", "delays", "volumes", "named", "stop-event", "timer", "ping", "server"],
  ...["http-server", "thumbnails"],
  ...[
    "bounded-buffer",
    "producer-consumer",
    "crawler",
    "bank",
    "word-count",
    "philosophers",
    "game-loop",
    "car-park",
    "checksum",
  ],
];

describe.concurrent("the runner", () => {
  it("lists the examples", async () => {
    const { code, lines, stderr } = await run(["--list"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(lines.map((line) => line.trim().split(" ")[0])).toEqual(NAMES);
  });

  it.each([
    [["--help"], "npm start -- NAME [options]"],
    [["-h"], "npm start -- NAME [options]"],
    [["sleepers", "--help"], "--scale FACTOR"],
    [["checksum", "--help"], "npm start -- checksum DIR [options]"],
  ])("explains itself: %s", async (args, text) => {
    const { code, stdout, stderr } = await run(args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain(text);
  });

  it.each([
    [["sleeper"], `there is no example "sleeper"; there are ${NAMES.join(", ")}`],
    [["toString"], 'there is no example "toString"'],
    [["--lists"], 'unknown option "--lists"; npm start -- --help lists them'],
    [["--list", "x"], '"x" is one argument too many'],
    [["sleepers", "--scalar", "2"], "Unknown option '--scalar'"],
    [["sleepers", "--scale"], "argument missing"],
    [["sleepers", "--scale", "fast"], 'sleepers: --scale takes a number from 0, got "fast"'],
    [["sleepers", "--scale", ""], '--scale takes a number from 0, got ""'],
    [["sleepers", "--scale=-1"], '--scale takes a number from 0, got "-1"'],
    [["sleepers", "x"], '"x" is one argument too many'],
    [["checksum"], "checksum: DIR is missing"],
    [["checksum", ".", "."], '"." is one argument too many'],
    [["checksum", ".", "--threads", "0"], '--threads takes a whole number from 1 to 1000, got "0"'],
    [["checksum", ".", "--threads", "1.5"], '--threads takes a whole number from 1 to 1000, got "1.5"'],
    [["timer", "--visits", "0"], '--visits takes a whole number from 1 to 1000, got "0"'],
    [["car-park", "--entries", "51"], '--entries takes a whole number from 1 to 50, got "51"'],
    [["car-park", "--report", "nowhere/x.html"], "--report takes a file to write: ENOENT: no such file or directory"],
    [["thumbnails", "--from", "nowhere"], '--from takes a folder, got "nowhere"'],
    [["ping", "--hosts", "many"], '--hosts takes a whole number from 1 to 20000, got "many"'],
  ])("refuses %j, and names the cure", async (args, text) => {
    const { code, stdout, stderr } = await run(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(text);
    expect(stderr).not.toMatch(/^ +at /m); // no stack
  });
});

describe("the tour", () => {
  it("shows every example under its heading, and succeeds", async () => {
    const { code, lines, stderr } = await run([], { timeout: 60_000 });
    expect(lines.filter((line) => line.startsWith("== ")).map((line) => line.split(" ")[1])).toEqual(NAMES);
    expect(stderr).toMatch(/^\d+ files, [\d.]+ MB, \d+ threads?: [\d.]+ s\n$/);
    expect(code).toBe(0);
  }, 70_000);
});
