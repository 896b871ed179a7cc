/**
 * Drives a browser: opens pages, and collects what they say.
 *
 *     const browser = await startBrowser("firefox");
 *     const site = await serve(folder);                       // isolated, unless told otherwise
 *     const { result, errors } = await browser.visit(`${site.url}/`, { limit: 30_000 });
 *     await browser.close();
 *     await site.close();
 *
 * The page leaves its result, or a promise of it, in `globalThis.result`. Chromium is driven by
 * playwright-core, and Firefox by puppeteer-core over WebDriver BiDi, because each drives a browser
 * of the system that it was not built for. Every wait has a limit.
 */
import { chromium } from "playwright-core";
import puppeteer from "puppeteer-core";
import { BROWSER_NAMES, type BrowserId } from "../runtimes/pages.ts";
import { install } from "./installed.ts";

/** What a page has said so far. */
export interface Said {
  /** Uncaught errors and unhandled rejections, crashes, and a result that did not come. */
  readonly errors: string[];
  /** `console`, as "warning: the text". */
  readonly logs: string[];
  /** Requests without an answer, or with an answer that is an error. */
  readonly failed: string[];
}

export interface Visit extends Said {
  /** The value of `globalThis.result`; undefined if there was none: `errors` says why. */
  readonly result: unknown;
}

export interface OpenPage {
  readonly said: Said;
  /** The value of an expression in the page; a promise is awaited. The value must be plain data. */
  evaluate(expression: string, limit?: number): Promise<unknown>;
  /** The value of `globalThis.result`, once it is there; see {@link Visit}. */
  result(limit: number): Promise<unknown>;
  /** Sets the size in CSS pixels, and in Chromium the scheme of colours. */
  look(width: number, height: number, scheme?: "light" | "dark"): Promise<void>;
  /** Presses a key, such as "Tab" or "Enter". */
  press(key: string): Promise<void>;
  /** Writes a PNG of what is visible. */
  screenshot(file: string): Promise<void>;
  close(): Promise<void>;
}

export interface Browser {
  readonly id: BrowserId;
  /** Name and version. */
  readonly title: string;
  /** Opens a page in a context of its own: no cache, no service worker of another visit. */
  open(url: string, limit?: number): Promise<OpenPage>;
  /** Opens a page, waits for its result, and closes it. Does not throw for what the page does. */
  visit(url: string, options?: { limit?: number }): Promise<Visit>;
  close(): Promise<void>;
}

/** Milliseconds: longer than any page of the tests needs, on a machine that is busy. */
const LIMIT_MS = 60_000;
/** Milliseconds for a browser to start, and for a page or a browser to close. */
const START_MS = 60_000;
const CLOSE_MS = 10_000;
/** Milliseconds between two looks for the result. */
const LOOK_MS = 50;

/** The part of playwright's and of puppeteer's pages that the driver needs of both. */
interface Driven {
  goto(url: string, options: { timeout: number }): Promise<unknown>;
  evaluate(expression: string): Promise<unknown>;
  readonly keyboard: { press(key: never): Promise<void> };
  screenshot(options: { path: `${string}.png` }): Promise<unknown>;
}

/** A page of either library, with what differs between the libraries. */
interface Tab {
  readonly page: Driven;
  look: OpenPage["look"];
  close(): Promise<void>;
}

/** What differs between the libraries in a browser. */
interface Running {
  readonly version: string;
  newTab(said: Said): Promise<Tab>;
  close(): Promise<void>;
  /** Ends the process, if `close` does not. */
  kill(): void;
}

const START: Readonly<Record<BrowserId, (path: string) => Promise<Running>>> = {
  chromium: startChromium,
  firefox: startFirefox,
};

/**
 * Starts a browser without a window. Installs it first, if it is missing; see {@link install}.
 *
 * @throws if there is none, or if it does not start
 */
export async function startBrowser(id: BrowserId, tell: (text: string) => void = console.error): Promise<Browser> {
  const path = install([id], tell)[id];
  const running = await within(START_MS, START[id](path), `${BROWSER_NAMES[id]} does not start: ${path}`);
  const open = async (url: string, limit: number = LIMIT_MS): Promise<OpenPage> => {
    const said: Said = { errors: [], logs: [], failed: [] };
    const tab = await within(limit, running.newTab(said), `${BROWSER_NAMES[id]} opens no page`);
    const opened = openPage(tab, said);
    try {
      await within(limit, tab.page.goto(url, { timeout: limit }), `${url} does not load`);
      return opened;
    } catch (error) {
      await opened.close();
      throw error;
    }
  };
  return {
    ...{ id, open, title: `${BROWSER_NAMES[id]} ${running.version}` },
    visit: async (url, { limit = LIMIT_MS } = {}) => {
      let page: OpenPage;
      try {
        page = await open(url, limit);
      } catch (error) {
        return { result: undefined, errors: [messageOf(error)], logs: [], failed: [] };
      }
      let result: unknown;
      try {
        result = await page.result(limit);
      } catch (error) {
        page.said.errors.push(messageOf(error));
      }
      const { errors, logs, failed } = page.said;
      const visit = { result, errors: [...errors], logs: [...logs], failed: [...failed] };
      await page.close();
      return visit;
    },
    close: async () => {
      try {
        await within(CLOSE_MS, running.close(), `${BROWSER_NAMES[id]} does not close`);
      } catch {
        running.kill();
      }
    },
  };
}

function openPage(tab: Tab, said: Said): OpenPage {
  const { page } = tab;
  const evaluate = (expression: string, limit: number = LIMIT_MS): Promise<unknown> =>
    within(limit, page.evaluate(expression), `the page does not answer: ${expression}`);
  return {
    ...{ said, evaluate },
    result: async (limit) => {
      const end = performance.now() + limit;
      for (;;) {
        const left = end - performance.now();
        if (left <= 0) throw new Error(`the page left nothing in globalThis.result within ${limit / 1000} s`);
        // A page that reloads itself, as one with a service worker does, has no answer meanwhile.
        try {
          if ((await evaluate(`"result" in globalThis`, left)) === true)
            return await evaluate("globalThis.result", left);
        } catch (error) {
          if (!/destroyed|detached|navigat|discarded|no such frame/i.test(messageOf(error))) throw error;
        }
        await pause(LOOK_MS);
      }
    },
    look: (width, height, scheme) => tab.look(width, height, scheme),
    press: (key) => page.keyboard.press(key as never),
    screenshot: async (file) => {
      if (!file.endsWith(".png")) throw new Error(`a screenshot is a .png, and not ${file}`);
      await within(LIMIT_MS, page.screenshot({ path: file as `${string}.png` }), "no screenshot comes");
    },
    close: async () => {
      // A page that computes for ever may not close; the end of the browser ends it.
      await within(CLOSE_MS, tab.close(), "the page does not close").catch(() => undefined);
    },
  };
}

async function startChromium(executablePath: string): Promise<Running> {
  // Root may not use the sandbox. A hidden tab must not be slowed down: all of ours are hidden.
  const args = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"];
  const browser = await chromium.launch({ executablePath, args, timeout: START_MS });
  return {
    version: browser.version(),
    newTab: async (said) => {
      const context = await browser.newContext();
      const page = await context.newPage();
      page.on("pageerror", (error) => said.errors.push(String(error)));
      page.on("crash", () => said.errors.push("the page has crashed"));
      page.on("console", (message) => said.logs.push(`${message.type()}: ${message.text()}`));
      page.on("requestfailed", (request) => noteFailure(said, request.failure()?.errorText, request.url()));
      page.on("response", (response) => noteBadAnswer(said, response.status(), response.url()));
      return {
        page: page as unknown as Driven,
        look: async (width, height, scheme) => {
          await page.setViewportSize({ width, height });
          if (scheme !== undefined) await page.emulateMedia({ colorScheme: scheme });
        },
        close: () => context.close(),
      };
    },
    close: () => browser.close(),
    kill: () => undefined, // playwright kills the process itself, at the end of this one at the latest
  };
}

async function startFirefox(executablePath: string): Promise<Running> {
  const browser = await puppeteer.launch({
    ...{ browser: "firefox", protocol: "webDriverBiDi", executablePath, headless: true, timeout: START_MS },
  });
  return {
    version: (await browser.version()).replace(/^firefox\//i, ""),
    newTab: async (said) => {
      const context = await browser.createBrowserContext();
      const page = await context.newPage();
      page.on("pageerror", (error) => said.errors.push(String(error)));
      page.on("error", (error: Error) => said.errors.push(`the page has crashed: ${error.message}`));
      page.on("console", (message) => said.logs.push(`${message.type()}: ${message.text()}`));
      page.on("requestfailed", (request) => noteFailure(said, request.failure()?.errorText, request.url()));
      page.on("response", (response) => noteBadAnswer(said, response.status(), response.url()));
      return {
        page: page as unknown as Driven,
        look: async (width, height, scheme) => {
          if (scheme !== undefined) throw new Error("WebDriver BiDi sets no scheme of colours; look at it in Chromium");
          await page.setViewport({ width, height });
        },
        close: () => context.close(),
      };
    },
    close: () => browser.close(),
    kill: () => void browser.process()?.kill("SIGKILL"),
  };
}

/** A page that reloads itself aborts what it was loading: no user sees that. */
function noteFailure(said: Said, why: string | undefined, url: string): void {
  if (why !== "net::ERR_ABORTED" && why !== "NS_BINDING_ABORTED") said.failed.push(`${why} ${url}`);
}

function noteBadAnswer(said: Said, status: number, url: string): void {
  if (status >= 400 && !url.endsWith("/favicon.ico")) said.failed.push(`${status} ${url}`);
}

/** @throws an error with this text, after so many milliseconds */
async function within<T>(ms: number, promise: Promise<T>, text: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${text} (${Math.round(ms / 1000)} s)`)), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
    promise.catch(() => undefined); // it may be rejected later, when the browser ends
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** The first line, because playwright adds its calls, in colours. */
function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split("\n")[0]!;
}
