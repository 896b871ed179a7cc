/** A list of threads: for each its name, its state, its last seconds as a strip of colours, and its buttons. */
import { terminate, type Thread } from "@x/threading";
import { find, make } from "./dom.js";
import { type Change, type State, STATES, traceTime } from "./trace.js";

const SHOWN_MS = 6000;
/** How long the row of an ended thread stays. */
const ENDED_MS = 4000;
/** How often the state is written as a word. */
const WORD_MS = 250;

export const LABELS: Readonly<Record<State, string>> = {
  running: "running",
  sleep: "sleeping",
  lock: "waits for a lock",
  condition: "waits for a condition",
  semaphore: "waits for a semaphore",
  event: "waits for an event",
  barrier: "waits at a barrier",
  thread: "waits for a thread",
  ended: "ended",
};

interface Row {
  readonly thread: Thread;
  readonly element: HTMLLIElement;
  readonly word: HTMLElement;
  readonly strip: HTMLCanvasElement;
  /** The changes of the last seconds, and the one before them. */
  changes: Change[];
  ended: number;
}

export interface RowOptions {
  /** Asks the thread to end; without it the row has no button for it. */
  readonly stop?: () => void;
  /** Called when the page terminates the thread. */
  readonly onKill?: () => void;
  /** Called after the end of the thread, with its error if it has one. */
  readonly onEnd?: (error: unknown) => void;
}

export class ThreadList {
  private readonly rows = new Map<Thread, Row>();
  private colours: Readonly<Record<string, string>> = {};
  private words = 0;

  constructor(private readonly list: HTMLElement) {
    const read = (): void => {
      const style = getComputedStyle(document.documentElement);
      this.colours = Object.fromEntries(STATES.map((state) => [state, style.getPropertyValue(`--${state}`)]));
    };
    read();
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", read);
  }

  /** Adds a thread that has been started. */
  add(thread: Thread, { stop, onKill, onEnd }: RowOptions = {}): void {
    const word = make("span", { className: "state" }, "starting");
    const strip = make("canvas", { className: "strip" });
    const buttons = make("span", { className: "buttons" });
    const button = (text: string, title: string, act: () => void): void => {
      const one = make("button", { type: "button", title, onclick: act }, text);
      one.setAttribute("aria-label", `${text} ${thread.name}`);
      buttons.append(one);
    };
    if (stop !== undefined) button("Stop", "Asks the thread to end, by an Event", stop);
    button("Kill", "Ends the thread at once, by terminate()", () => {
      onKill?.();
      terminate(thread);
    });
    const element = make("li", {}, make("span", { className: "name" }, thread.name), word, strip, buttons);
    const row: Row = { thread, element, word, strip, changes: [], ended: Infinity };
    this.rows.set(thread, row);
    this.list.append(element);

    const end = (error?: unknown): void => {
      row.ended = traceTime();
      for (const one of element.querySelectorAll("button")) one.disabled = true;
      onEnd?.(error);
    };
    thread.resultAsync().then(() => end(), end);
  }

  /** What a thread does now. */
  stateOf(thread: Thread): State | undefined {
    const row = this.rows.get(thread);
    if (row === undefined || row.ended !== Infinity) return "ended";
    return row.changes.at(-1)?.state;
  }

  draw(changes: ReadonlyMap<number, readonly Change[]>): void {
    const now = traceTime();
    const isTimeForWords = now - this.words > WORD_MS;
    if (isTimeForWords) this.words = now;
    for (const row of this.rows.values()) {
      if (now - row.ended > ENDED_MS) {
        this.rows.delete(row.thread);
        this.remove(row.element);
        continue;
      }
      row.changes.push(...(changes.get(row.thread.ident ?? 0) ?? []));
      const recent = row.changes.findIndex(({ time }) => time >= now - SHOWN_MS);
      const first = (recent < 0 ? row.changes.length : recent) - 1;
      if (first > 0) row.changes = row.changes.slice(first);
      if (isTimeForWords) {
        const word = LABELS[this.stateOf(row.thread) ?? "running"];
        if (row.word.textContent !== word) row.word.textContent = word;
      }
      this.drawStrip(row, now);
    }
  }

  /** Removes a row. The focus goes to the list if it was in the row. */
  private remove(element: HTMLElement): void {
    if (element.contains(document.activeElement)) {
      const next = element.nextElementSibling ?? element.previousElementSibling;
      (next === null ? this.list : find<HTMLElement>(next, "button")).focus();
    }
    element.remove();
  }

  private drawStrip({ strip, changes, ended }: Row, now: number): void {
    const scale = devicePixelRatio;
    const [width, height] = [Math.round(strip.clientWidth * scale), Math.round(strip.clientHeight * scale)];
    if (strip.width !== width) strip.width = width;
    if (strip.height !== height) strip.height = height;
    const context = strip.getContext("2d");
    if (context === null || width === 0) return;
    context.clearRect(0, 0, width, height);
    const at = (time: number): number => ((time - now) / SHOWN_MS + 1) * width;
    changes.forEach(({ time, state }, i) => {
      if (state === "ended") return;
      const from = Math.max(0, at(time));
      const to = at(Math.min(changes[i + 1]?.time ?? now, ended));
      context.fillStyle = this.colours[state] ?? "";
      if (to > from) context.fillRect(from, 0, Math.max(to - from, scale), height);
    });
  }
}
