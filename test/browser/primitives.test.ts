/** The primitives in a page and in Web Workers, loaded from the built files without a bundler. */
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";

const PACKAGES = ["core", "lock", "event", "semaphore"];

let server: Server;
let browser: Browser;

/** Pages have import maps, workers do not, so the addresses are written into the files. */
function served(url: string): string | undefined {
  if (url === "/") return '<!doctype html><script type="module" src="/page.js"></script>';
  const name = /^\/(\w+)\.js$/.exec(url)?.[1];
  if (name === undefined) return undefined;
  const file = PACKAGES.includes(name) ? `../../packages/${name}/dist/index.js` : `${name}.js`;
  return readFileSync(new URL(file, import.meta.url), "utf8").replace(/from "@x\/(\w+)"/g, 'from "/$1.js"');
}

beforeAll(async () => {
  const executablePath = process.env["CHROMIUM"];
  if (executablePath === undefined) {
    throw new Error("set CHROMIUM to the path of a Chromium, as in: CHROMIUM=/usr/bin/chromium npm run test:browser");
  }
  server = createServer((request, response) => {
    const body = served(request.url ?? "");
    response.writeHead(body === undefined ? 404 : 200, {
      "content-type": request.url === "/" ? "text/html" : "text/javascript",
      "cross-origin-opener-policy": "same-origin",
      "cross-origin-embedder-policy": "require-corp",
    });
    response.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
});

afterAll(async () => {
  await browser?.close();
  server?.close();
});

it("a page that awaits and workers that block share a lock, an event and a semaphore", async () => {
  const page = await browser.newPage();
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(error.message));
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  const seen: unknown = await page.evaluate("window.seen");
  expect(errors).toEqual([]);
  expect(seen).toEqual({
    ident: 1,
    mayBlock: false,
    count: 3000,
    idents: expect.any(Number) as number,
    blocking: "lock: this thread may not block; use acquireAsync()",
    timedOut: false,
    aborted: "enough",
    text: "<locked Lock object at 0x0000>",
  });
  expect((seen as { idents: number }).idents).not.toBe(0); // two different idents
});
