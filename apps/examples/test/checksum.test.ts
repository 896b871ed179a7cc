import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { COMMAND, run } from "./run.ts";

const SHA_OF_NOTHING = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

let folder: string;
let server: Server;

const write = (path: string | Buffer, data: string | Uint8Array): void =>
  writeFileSync(typeof path === "string" ? join(folder, path) : Buffer.concat([Buffer.from(`${folder}/`), path]), data);

/**
 * A folder with a file and a folder far below whose paths are too long for the system: not even
 * root can read them.
 */
const TOO_DEEP = "deep";

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "checksum "));
  mkdirSync(join(folder, "tree/a"), { recursive: true });
  const names = [
    ...["plain", "with space", " leading", "trailing ", "-dash", "*", "$HOME", "'\"`", "ünïcödé", "日本語", "😀"],
    ...["new\nline", "\n", "back\\slash", "\\n", "carriage\rreturn", "tab\t", "a-b", "a.b", "a0", "a/b", "a/-", "ab"],
  ];
  for (const name of names) write(`tree/${name}`, `content of ${name}`);
  // Bytes that are not UTF-8. Some systems refuse such names.
  if (process.platform === "linux") write(Buffer.from("tree/bytes \xff\xfe\x80", "latin1"), "x");
  write("tree/empty", "");
  write("tree/one buffer", new Uint8Array(256 * 1024).fill(7));
  write(
    "tree/big",
    new Uint8Array(9_000_001).map((_, i) => i * 31),
  );
  mkdirSync(join(folder, "tree/empty folder"));
  symlinkSync("plain", join(folder, "tree/link to a file"));
  symlinkSync("a", join(folder, "tree/link to a folder"));
  symlinkSync(".", join(folder, "tree/a/link to itself"));
  symlinkSync("nowhere", join(folder, "tree/link to nothing"));
  symlinkSync("tree", join(folder, "link"));
  execFileSync("mkfifo", [join(folder, "tree/fifo")]); // opening it waits for ever
  server = createServer();
  await new Promise<void>((resolve) => server.listen(join(folder, "tree/socket"), resolve));

  // Linux allows paths of 4095 bytes: 20 folders are below that, and a file or folder of such a
  // name in the last one is above.
  const part = "d".repeat(200);
  const make = `mkdir ${TOO_DEEP}; cd ${TOO_DEEP}; for i in $(seq 20); do mkdir ${part}; cd -P ${part}; done; mkdir ${part}; : > file${part}`;
  execFileSync("bash", ["-c", make], { cwd: folder });
  write(`${TOO_DEEP}/readable`, "");
});

afterAll(() => {
  server?.close();
  execFileSync("rm", ["-rf", folder]); // rmSync fails on the long path
});

/** The output of find, sort and sha256sum. */
function reference(directory: string): string {
  const pipe = `find ${directory} -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum`;
  return spawnSync("bash", ["-c", pipe], { cwd: folder, encoding: "latin1" }).stdout;
}
const hasReference = spawnSync("sha256sum", ["--version"], { encoding: "utf8" }).stdout?.includes("GNU coreutils");

describe("checksum", () => {
  it.runIf(hasReference).each(["tree", "tree/", "./tree", "tree/a/..", "tree/plain", "link/"])(
    "says of %s what sha256sum says, byte by byte",
    async (directory) => {
      const { code, stdout, stderr } = await run(["checksum", directory, "--threads", "3", "--no-compare"], {
        cwd: folder,
      });
      expect(stdout).toBe(reference(directory));
      expect(stdout.length).toBeGreaterThan(64);
      expect(stderr).toMatch(/^\d+ files?, [\d.]+ MB, \d threads?: [\d.]+ s\n$/);
      expect(code).toBe(0);
    },
  );

  it("escapes names with a line break", async () => {
    const { lines } = await run(["checksum", "tree", "--no-compare"], { cwd: folder });
    const names = lines.map((line) => line.replace(/[0-9a-f]{64}/, "SUM"));
    expect(names).toContain("\\SUM  tree/new\\nline");
    expect(names).toContain("\\SUM  tree/back\\\\slash");
    expect(names).toContain("SUM  tree/with space");
    expect(names.filter((name) => /fifo|socket|link/.test(name))).toEqual([]);
    expect(lines).toContain(`${SHA_OF_NOTHING}  tree/empty`);
  });

  it.runIf(process.platform === "linux")("reports unreadable files, and goes on", async () => {
    const { code, stdout, stderr } = await run(["checksum", TOO_DEEP, "--no-compare"], { cwd: folder });
    expect(stdout).toBe(`${SHA_OF_NOTHING}  ${TOO_DEEP}/readable\n`);
    const errors = stderr.split("\n").slice(0, -2);
    expect(errors.map((error) => error.replace(/\/d+/g, "").replace(/filed+/, "file"))).toEqual([
      "checksum: deep: ENAMETOOLONG: name too long",
      "checksum: deep/file: ENAMETOOLONG: name too long",
    ]);
    expect(code).toBe(1);
  });

  it("reports files that even root cannot read, and goes on", async () => {
    const { code, stdout, stderr } = await run(["checksum", "/proc/sys/vm", "--no-compare"]);
    expect(stderr).toContain("checksum: /proc/sys/vm/compact_memory: EACCES: permission denied\n");
    expect(stdout).toMatch(/^[0-9a-f]{64} {2}\/proc\/sys\/vm\/swappiness$/m);
    expect(code).toBe(1);
  });

  // Root can read files in spite of chmod.
  if (process.getuid?.() !== 0) {
    it("reports files and folders that it may not read", async () => {
      mkdirSync(join(folder, "locked/inside"), { recursive: true });
      for (const name of ["file", "other", "inside/file"]) write(`locked/${name}`, "");
      chmodSync(join(folder, "locked/file"), 0);
      chmodSync(join(folder, "locked/inside"), 0);
      const { code, stdout, stderr } = await run(["checksum", "locked", "--no-compare"], { cwd: folder });
      chmodSync(join(folder, "locked/inside"), 0o700);
      expect(stdout).toBe(`${SHA_OF_NOTHING}  locked/other\n`);
      expect(stderr).toContain("checksum: locked/file: EACCES: permission denied\n");
      expect(stderr).toContain("checksum: locked/inside: EACCES: permission denied\n");
      expect(code).toBe(1);
      rmSync(join(folder, "locked"), { recursive: true });
    });
  }

  it("names the error of a path that is not a directory", async () => {
    const missing = await run(["checksum", "nowhere"], { cwd: folder });
    expect(missing).toMatchObject({ code: 1, stdout: "" });
    expect(missing.stderr).toMatch(/^checksum: nowhere: ENOENT: no such file or directory\n/);
    const link = await run(["checksum", "link"], { cwd: folder });
    expect(link).toMatchObject({ code: 1, stdout: "" });
    expect(link.stderr).toMatch(/^checksum: link: is a symbolic link, which is not followed; write link\/\n/);
  });

  it("ends silently if its reader goes away", () => {
    const pipe = '"$@" checksum tree --no-compare | true; exit ${PIPESTATUS[0]}';
    const { status, stderr } = spawnSync("bash", ["-c", pipe, "bash", ...COMMAND], {
      cwd: folder,
      encoding: "utf8",
    });
    expect(stderr).toMatch(/^\d+ files, .*\n$/);
    expect(status).toBe(0);
  });

  it("compares with one thread, on stderr", async () => {
    const { code, stderr } = await run(["checksum", "tree/a", "--threads", "2"], { cwd: folder });
    expect(stderr).toMatch(/\nagain, from memory: 1 thread [\d.]+ s, 2 threads [\d.]+ s: [\d.]+ times as fast\n$/);
    expect(code).toBe(0);
  });
});
