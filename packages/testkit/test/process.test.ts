import { describe, expect, it } from "vitest";
import { OPS } from "../src/explorer/protocol.js";
import { beginProcess, deliver, end, errands, KILLED, manage, type ProcessState } from "../src/explorer/process.js";
import { Surroundings } from "../src/explorer/surroundings.js";

const MAIN = 0;
const WORKER = 1;
/** Listens, keeps alive, is told of the close. */
const ALL = 7;

class Process {
  private readonly surroundings = new Surroundings();
  state: ProcessState = beginProcess(2);

  do(agent: number, kind: number, port: number, { x = 0, text = "" } = {}): number {
    const mail = this.surroundings.mail(text);
    const op = { kind, place: port, word: port, x, y: 0, promise: 0, ident: 0, mail, quiet: false, message: "" };
    const [state, result] = manage(this.state, agent, op, this.surroundings);
    this.state = state;
    return result;
  }

  take(agent: number, port: number): string | undefined {
    const mail = this.do(agent, OPS.take, port);
    return mail < 0 ? undefined : this.surroundings.textOf(mail);
  }

  errands(agent: number): string[] {
    return errands(this.state, agent, true, false).map(
      (errand) => `${errand.kind}${"number" in errand ? errand.number : ""}`,
    );
  }

  run(agent: number, kind: string): void {
    const errand = errands(this.state, agent, true, false).find((possible) => possible.kind === kind);
    [this.state] = deliver(this.state, errand!, this.surroundings);
  }

  end(agent: number): void {
    this.state = end(this.state, agent, KILLED, this.surroundings);
  }
}

/** Main has opened ports 32 and 33, and started a worker with the second. */
function started(): Process {
  const process = new Process();
  process.do(MAIN, OPS.open, 32);
  expect(process.do(MAIN, OPS.start, 0, { text: '{"$":"port","of":33}' })).toBe(WORKER);
  return process;
}

describe("a simulated process", () => {
  it("starts as many workers as the model has", () => {
    expect(started().do(MAIN, OPS.start, 0)).toBe(-1);
  });

  it("brings messages in their order, to who has the port by then", () => {
    const process = started();
    process.do(MAIN, OPS.post, 32, { text: "1" });
    process.do(MAIN, OPS.post, 32, { text: "2" });
    expect(process.errands(WORKER)).toContain("boot");
    process.run(WORKER, "boot");
    expect(process.errands(WORKER)).toEqual(["drain"]); // it does not listen, and nothing keeps it alive
    process.do(WORKER, OPS.listen, 33, { x: ALL });
    expect(process.errands(WORKER)).toEqual(["message33"]);
    expect([process.take(WORKER, 33), process.take(WORKER, 33), process.take(WORKER, 33)]).toEqual([
      "1",
      "2",
      undefined,
    ]);
    expect(process.errands(WORKER)).toEqual([]);
  });

  it("tells of a close after all that was posted before", () => {
    const process = started();
    process.run(WORKER, "boot");
    process.do(MAIN, OPS.listen, 32, { x: ALL });
    process.do(WORKER, OPS.post, 33, { text: "1" });
    process.end(WORKER);
    expect(process.errands(MAIN)).toEqual(["message32", "exit1"]);
    expect(process.take(MAIN, 32)).toBe("1");
    expect(process.errands(MAIN)).toEqual(["close32", "exit1"]);
    process.run(MAIN, "close");
    process.run(MAIN, "exit");
    expect(process.errands(MAIN)).toEqual([]);
  });

  it("closes the ports in messages that nobody will read", () => {
    const process = started();
    process.do(MAIN, OPS.listen, 32, { x: ALL });
    process.end(WORKER); // before it has booted
    expect(process.errands(MAIN)).toEqual(["close32", "exit1"]);
    process.do(MAIN, OPS.open, 34);
    process.do(MAIN, OPS.listen, 34, { x: ALL });
    process.do(MAIN, OPS.post, 32, { text: '{"$":"port","of":35}' });
    expect(process.errands(MAIN)).toContain("close34");
  });

  it("terminates at any time, once", () => {
    const process = started();
    process.do(MAIN, OPS.terminate, 0, { x: WORKER });
    expect(process.errands(WORKER)).toContain("terminate");
    process.end(WORKER);
    expect(process.errands(WORKER)).toEqual([]);
  });
});
