/** Elements of the page. */

/** The element of a selector. @throws if there is none */
export function find<E extends Element>(within: ParentNode, selector: string): E {
  const found = within.querySelector<E>(selector);
  if (found === null) throw new Error(`the page has no ${selector}`);
  return found;
}

/** Makes an element with properties and children. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  properties: Partial<HTMLElementTagNameMap[K]> = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

export function makeSvg(tag: string, attributes: Readonly<Record<string, string | number>>): SVGElement {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  return element;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

const LINES = 50;

/** Adds a line at the end of a log, with the time. */
export function tell(log: HTMLElement, text: string, kind: "news" | "error" = "news"): void {
  const isAtEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 8;
  const time = new Date().toLocaleTimeString("en-GB");
  log.append(make("li", { className: kind }, make("time", {}, time), " ", make("span", {}, text)));
  while (log.childElementCount > LINES) log.firstElementChild?.remove();
  if (isAtEnd) log.scrollTop = log.scrollHeight;
}

const still = matchMedia("(prefers-reduced-motion: reduce)");
/** Milliseconds between two drawings for readers who want little motion. */
const STILL_MS = 500;

/** Calls `draw` before each repaint; seldom if little motion is wanted. */
export function animate(draw: () => void): void {
  let last = -Infinity;
  const frame = (now: number): void => {
    requestAnimationFrame(frame);
    if (still.matches && now - last < STILL_MS) return;
    last = now;
    draw();
  };
  requestAnimationFrame(frame);
}
