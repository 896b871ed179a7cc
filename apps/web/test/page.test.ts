/** The built page, in each browser. */
import { afterAll, beforeAll, describe, expect, it, onTestFailed } from "vitest";
import { type Browser, type OpenPage, startBrowser } from "../../../scripts/browsers/driver.ts";
import { BROWSER_IDS } from "../../../scripts/runtimes/pages.ts";
import { type Served, serve } from "../../../scripts/browsers/served.ts";

const BUILT = new URL("../dist", import.meta.url).pathname;
const ALL = ["Aristotle", "Confucius", "Hypatia", "Laozi", "Plato", "Hannah", "Zera"];
/** The checksum of the whole set. */
const WHOLE = "979f1ee7";

/** Milliseconds: longer than all of this takes on a busy machine. */
const LIMIT_MS = 60_000;
const LOOK_MS = 100;

describe.each(BROWSER_IDS)("the page in %s", (id) => {
  let browser: Browser;
  let site: Served;
  let page: OpenPage;

  beforeAll(async () => {
    [browser, site] = await Promise.all([startBrowser(id), serve(BUILT)]);
    page = await browser.open(`${site.url}/`);
  });

  afterAll(async () => {
    await page?.close();
    await browser?.close();
    await site?.close();
  });

  /** Waits until the expression is true in the page; then returns what it has become. */
  async function until(expression: string): Promise<unknown> {
    const end = performance.now() + LIMIT_MS;
    for (;;) {
      const value = await page.evaluate(expression);
      if (value) return value;
      if (performance.now() > end) throw new Error(`not true within ${LIMIT_MS / 1000} s: ${expression}`);
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  }

  const textOf = (selector: string): string => `document.querySelector(${JSON.stringify(selector)}).textContent`;
  const log = textOf("#philosophers .log");
  /** Clicks a button when it is there and enabled. */
  const click = (selector: string): Promise<unknown> =>
    until(`(() => { const button = document.querySelector(${JSON.stringify(`${selector}:enabled`)});
      button?.click(); return button !== null; })()`);
  const detect = (on: boolean): Promise<unknown> =>
    until(`(() => { const box = document.querySelector("[data-do=detect]");
      if (box.checked !== ${on}) box.click(); return box.checked === ${on}; })()`);

  function showPage(): void {
    onTestFailed(async () => {
      console.log(await page.evaluate("document.body.innerText"), page.said);
    });
  }

  it("shows philosophers that eat, and their waits", async () => {
    showPage();
    await until(
      `[...document.querySelectorAll("#philosophers .count")].filter((e) => Number(e.textContent) >= 2).length === 5`,
    );
    await until(
      `[...document.querySelectorAll("#philosophers .state")].some((e) => e.textContent === "waits for a lock")`,
    );
  });

  it("lets a philosopher come, and leave when asked", async () => {
    showPage();
    await click("[data-do=add]");
    await click("[aria-label='Stop Hannah']");
    await until(`${log}.includes("Hannah has left the table.")`);
  });

  it("names each thread of a deadlock, and the philosophers eat again", async () => {
    showPage();
    await detect(true);
    await click("[data-do=deadlock]");
    const text = (await until(`${log}.includes("DeadlockError") && ${log}`)) as string;
    const [, error = ""] = text.split("DeadlockError: ");
    for (const name of ALL) expect(error).toContain(`held by ${name}`);
    const eaten = `[...document.querySelectorAll("#philosophers .count")].reduce((sum, e) => sum + Number(e.textContent), 0)`;
    const before = (await page.evaluate(eaten)) as number;
    await until(`${eaten} > ${before + ALL.length}`);
  });

  it("tells a kill, and the next owner of a fork gets OwnerDiedError", async () => {
    showPage();
    await detect(false); // then a deadlock stays, and each philosopher holds a fork for certain
    await click("[data-do=deadlock]");
    await until(`[...document.querySelectorAll("#philosophers .state")].filter((e) => e.textContent === "waits for a lock").length === 7
      && ${textOf("#philosophers .forks")}.split(",").length === 7`);
    await click("[aria-label='Kill Plato']");
    await until(`${log}.includes("Plato was terminated")`);
    await until(`/gets OwnerDiedError: lock: Plato died while it held this lock/.test(${log})`);
    await detect(true);
  });

  it("shows a day in the car park, and all cameras count right", async () => {
    showPage();
    await page.evaluate(`document.querySelector("#car-park [name=seconds]").value = "8"`);
    await click("#car-park form button");
    await until(
      `[...document.querySelectorAll("#car-park .state")].some((e) => e.textContent === "waits for a condition")`,
    );
    await until(`${textOf("#car-park .log")}.includes("All cameras counted what is true.")`);
    expect(await page.evaluate(`document.querySelectorAll("#car-park figcaption.true").length`)).toBe(4);
  });

  it("ends a camera with its killed thread", async () => {
    showPage();
    await click("#car-park form button");
    await until(`${textOf("#car-park .log")}.includes("Day 2")`);
    await click("[aria-label='Kill entry 1 reader']"); // the row of day 1 may still be there, disabled
    await until(`${textOf("#car-park .log")}.includes("entry 1 reader was terminated")`);
    await until(`${textOf("#car-park .log")}.includes("entry 1 judge was terminated")`);
    await until(`${textOf("#car-park .log")}.includes("Not all cameras counted the whole day.")`);
    expect(await page.evaluate(`document.querySelectorAll("#car-park figcaption.true").length`)).toBe(3);
  });

  it.each([1, 2, 5])("draws the same Mandelbrot set with %i threads", async (threads) => {
    showPage();
    await page.evaluate(`(() => { const input = document.querySelector("[data-do=threads]");
      input.value = "${threads}"; input.dispatchEvent(new Event("change")); })()`);
    const told = textOf("#mandelbrot .told");
    const text = (await until(`new RegExp("^${threads} thread.*checksum").test(${told}) && ${told}`)) as string;
    expect(text).toContain(`checksum ${WHOLE}`);
    expect(text.match(/ per thread ([\d +]+)/)?.[1]?.split(" + ")).toHaveLength(threads);
  });

  it("zooms by keys", async () => {
    showPage();
    await page.evaluate(`document.querySelector(".picture").focus()`);
    await page.press("+");
    await until(`${textOf("#mandelbrot .told")}.includes("zoom 2,")`);
    await page.press("0");
    await until(
      `${textOf("#mandelbrot .told")}.includes("zoom 1,") && ${textOf("#mandelbrot .told")}.includes("${WHOLE}")`,
    );
  });

  it("measures the speed-up, and draws it", async () => {
    showPage();
    await click("[data-do=measure]");
    await until(`/times as fast as one; the same picture/.test(${textOf("#mandelbrot .told")})`);
    expect(await page.evaluate(`document.querySelectorAll(".chart .bar").length`)).toBeGreaterThanOrEqual(1);
  });

  it("says which headers are missing where it has no shared memory", async () => {
    const bare = await serve(BUILT, { headers: {} });
    try {
      const other = await browser.open(`${bare.url}/`);
      const text = await other.evaluate(textOf("#failure"));
      expect(text).toContain("Cross-Origin-Opener-Policy: same-origin");
      expect(text).toContain("Cross-Origin-Embedder-Policy: require-corp");
      await other.close();
    } finally {
      await bare.close();
    }
  });

  it("has thrown no error", () => {
    expect(page.said.errors).toEqual([]);
    expect(page.said.failed).toEqual([]);
  });
});
