/** The table of the philosophers: seats, forks, and what happens. */
import { NAMES, table } from "@x/examples/philosopher";
import { detectDeadlocks, Event, type Lock } from "@x/threading";
import { find, make, makeSvg, messageOf, tell } from "./dom.js";
import { ARRIVED, Guest, IS_NAIVE, type Rules } from "./guest.js";
import { Messages } from "./messages.js";
import { ThreadList } from "./thread-list.js";
import type { Change } from "./trace.js";

const SEATS = [...NAMES, "Hannah", "Zera"];
const FIRST_GUESTS = NAMES.length;

/** The radius of the seats, and of the forks. */
const SEAT_RADIUS = 83;
const FORK_RADIUS = 46;

function around(radius: number, part: number): { readonly x: number; readonly y: number } {
  const angle = (2 * Math.PI * part) / SEATS.length - Math.PI / 2;
  return { x: radius * Math.cos(angle), y: radius * Math.sin(angle) };
}

export class Table {
  private readonly sides = table(SEATS.length);
  private readonly guests = new Map<number, Guest>();
  private readonly rules: Rules = {
    naive: new Int32Array(new SharedArrayBuffer(8)),
    together: new Event(),
    meals: new Int32Array(new SharedArrayBuffer(4 * SEATS.length)),
    messages: new Messages(SEATS.length),
  };
  private readonly threads: ThreadList;
  private readonly log: HTMLElement;
  private readonly forksLine: HTMLElement;
  private readonly addButton: HTMLButtonElement;
  private readonly provokeButton: HTMLButtonElement;
  private readonly seats: SVGElement[] = [];
  private readonly counts: SVGElement[] = [];
  private readonly forks: SVGElement[] = [];

  constructor(section: HTMLElement) {
    this.threads = new ThreadList(find(section, ".threads"));
    this.log = find(section, ".log");
    this.forksLine = find(section, ".forks");
    this.addButton = find(section, "[data-do=add]");
    this.addButton.onclick = () => this.add();
    this.provokeButton = find(section, "[data-do=deadlock]");
    this.provokeButton.onclick = () => this.provoke();
    const detect = find<HTMLInputElement>(section, "[data-do=detect]");
    detect.onchange = () => detectDeadlocks(detect.checked);
    detectDeadlocks(detect.checked);
    this.lay(find(section, ".table"));
    for (let seat = 0; seat < FIRST_GUESTS; seat++) this.seat(seat);
  }

  /** Draws the seats and the forks. */
  private lay(svg: SVGElement): void {
    svg.append(makeSvg("circle", { r: 62, class: "plate" }));
    this.sides.forEach((_, i) => {
      const seat = around(SEAT_RADIUS, i);
      const circle = makeSvg("circle", { cx: seat.x, cy: seat.y, r: 26, class: "seat" });
      const text = makeSvg("text", { x: seat.x, y: seat.y - 2 });
      text.textContent = SEATS[i] as string;
      const count = makeSvg("text", { x: seat.x, y: seat.y + 12, class: "count" });
      // Fork i lies at the left of seat i: between seat i - 1 and seat i.
      const fork = around(FORK_RADIUS, i - 0.5);
      const line = makeSvg("line", {
        x1: fork.x * 0.7,
        y1: fork.y * 0.7,
        x2: fork.x * 1.1,
        y2: fork.y * 1.1,
        class: "fork",
      });
      svg.append(circle, text, count, line);
      this.seats.push(circle);
      this.counts.push(count);
      this.forks.push(line);
    });
  }

  private add(): void {
    const seat = SEATS.findIndex((_, i) => !this.guests.has(i));
    if (seat >= 0) this.seat(seat);
  }

  private seat(seat: number): void {
    const name = SEATS[seat] as string;
    const [left, right] = this.sides[seat] as [Lock, Lock];
    const inOrder: [Lock, Lock] = seat === SEATS.length - 1 ? [right, left] : [left, right];
    const guest = new Guest(name, seat, [left, right], inOrder, this.rules);
    this.guests.set(seat, guest);
    guest.start();
    this.threads.add(guest, {
      stop: () => {
        guest.leave.set();
        tell(this.log, `${name} is asked to leave.`);
      },
      onKill: () => {
        tell(this.log, `${name} is killed.`);
      },
      onEnd: (error) => {
        this.guests.delete(seat);
        this.callOff();
        if (error === undefined) tell(this.log, `${name} has left the table.`);
        else tell(this.log, messageOf(error), "error");
      },
    });
  }

  /** Fills the table, because only a full circle is a deadlock; then each takes the left fork first. */
  private provoke(): void {
    for (let seat = 0; seat < SEATS.length; seat++) if (!this.guests.has(seat)) this.seat(seat);
    Atomics.store(this.rules.naive, ARRIVED, 0);
    this.rules.together.clear();
    Atomics.store(this.rules.naive, IS_NAIVE, 1);
    tell(this.log, "All philosophers come together. Then each takes the left fork, and waits for the right one.");
  }

  /** Lets all eat in order again: without this philosopher there is no circle. */
  private callOff(): void {
    Atomics.store(this.rules.naive, IS_NAIVE, 0);
    this.rules.together.set();
  }

  draw(changes: ReadonlyMap<number, readonly Change[]>): void {
    this.threads.draw(changes);
    this.addButton.disabled = this.guests.size === SEATS.length;
    this.provokeButton.disabled = Atomics.load(this.rules.naive, IS_NAIVE) === 1;
    const names = new Map([...this.guests.values()].map(({ ident, name }) => [ident, name]));
    const holders = this.sides.map(([fork]) => fork.holder);
    this.forks.forEach((line, i) => {
      const seat = [i, i - 1]
        .map((at) => (at + SEATS.length) % SEATS.length)
        .find((at) => {
          const ident = this.guests.get(at)?.ident;
          return ident !== undefined && ident === holders[i];
        });
      // A held fork lies at its holder's seat.
      line.setAttribute("class", holders[i] === undefined ? "fork" : "fork held");
      const turn = seat === undefined ? 0 : ((seat === i ? 0.3 : -0.3) * 360) / SEATS.length;
      line.setAttribute("transform", `rotate(${turn})`);
    });
    this.seats.forEach((circle, seat) => {
      const guest = this.guests.get(seat);
      circle.setAttribute("class", `seat ${guest === undefined ? "empty" : this.doing(guest, holders)}`);
      const count = guest === undefined ? "–" : String(Atomics.load(this.rules.meals, seat));
      const text = this.counts[seat] as SVGElement;
      if (text.textContent !== count) text.textContent = count;
      const message = this.rules.messages.take(seat);
      if (message !== undefined) tell(this.log, `${SEATS[seat]} gets ${message}`, "error");
    });
    const held = holders.flatMap((ident, i) =>
      ident === undefined ? [] : [`${i + 1} ${names.get(ident) ?? "a dead thread"}`],
    );
    const line = held.length === 0 ? "All forks lie on the table." : `Forks held: ${held.join(", ")}`;
    if (this.forksLine.textContent !== line) this.forksLine.replaceChildren(make("span", {}, line));
  }

  private doing(guest: Guest, holders: readonly (number | undefined)[]): "eats" | "waits" | "thinks" {
    const forks = holders.filter((ident) => ident !== undefined && ident === guest.ident).length;
    if (forks === 2) return "eats";
    return forks === 1 || this.threads.stateOf(guest) === "lock" ? "waits" : "thinks";
  }
}
