/**
 * A crawler: threads take URLs from a queue, fetch the pages, and put the links that no thread has seen.
 * The queue knows when all is done, because each URL is put before the page that links to it is done.
 */
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { Queue } from "@x/queue";
import { SharedMap, SharedSet } from "@x/shared";
import { expose, Thread } from "@x/thread";

const LOOPBACK = "127.0.0.1";
const LINK = /href="([^"]+)"/g;
const ANSWER_MS = 5;

async function crawl(urls: Queue<string>, seen: SharedSet<string>, sizes: SharedMap<string, number>): Promise<void> {
  for await (const url of urls) {
    const page = await (await fetch(url)).text();
    for (const [, link] of page.matchAll(LINK)) {
      const next = new URL(link!, url).href;
      if (seen.insert(next)) urls.put(next); // true for one thread
    }
    sizes.set(new URL(url).pathname, page.length);
    urls.taskDone();
  }
}

expose({ crawl });

/** A site whose page n links to the pages 2n + 1 and 2n + 2, and back to page 0. Counts how often it is asked for each. */
async function serveSite(pages: number, asked: Map<string, number>): Promise<Server> {
  const server = createServer(({ url = "/" }, response) => {
    asked.set(url, (asked.get(url) ?? 0) + 1);
    const n = Number(url.slice(1));
    const links = [2 * n + 1, 2 * n + 2].filter((next) => next < pages).concat(0);
    const body = links.map((next) => `<a href="/${next}">page ${next}</a>`).join("\n");
    setTimeout(() => response.setHeader("connection", "close").end(body), ANSWER_MS);
  });
  await once(server.listen(0, LOOPBACK), "listening");
  return server;
}

export async function main({ threads = 4, pages = 100 } = {}): Promise<number> {
  const asked = new Map<string, number>();
  const server = await serveSite(pages, asked);
  const urls = new Queue<string>();
  const seen = new SharedSet<string>();
  const sizes = new SharedMap<string, number>();
  const first = `http://${LOOPBACK}:${(server.address() as AddressInfo).port}/0`;
  seen.add(first);
  urls.put(first);

  const crawlers = Array.from({ length: threads }, () => new Thread({ target: crawl, args: [urls, seen, sizes] }));
  for (const crawler of crawlers) await crawler.startAsync(); // the server of this thread goes on meanwhile
  await urls.joinAsync(); // until each URL is done
  urls.shutdown(); // ends the loops of the crawlers
  for (const crawler of crawlers) await crawler.resultAsync();
  server.close();

  const isOnce = asked.size === pages && [...asked.values()].every((times) => times === 1);
  console.log(`${threads} threads crawled ${sizes.size} pages`);
  console.log(`each was asked for once: ${isOnce ? "yes" : "no"}`);
  return isOnce && sizes.size === pages ? 0 : 1;
}
