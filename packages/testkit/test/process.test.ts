import { describe, expect, it } from "vitest";
import { OPS } from "../src/explorer/protocol.js";
import { beginProcess, deliver, end, deliveries, KILLED, manage, type ProcessState } from "../src/explorer/process.js";
import { Environment } from "../src/explorer/environment.js";

const MAIN = 0;
const WORKER = 1;
/** Listens, keeps its agent alive, receives the close. */
const ALL = 7;

class Process {
  private readonly environment = new Environment();
  state: ProcessState = beginProcess(2);

  do(agent: number, kind: number, port: number, { x = 0, text = "" } = {}): number {
    const mail = this.environment.mail(text);
    const op = { kind, place: port, word: port, x, y: 0, promise: 0, ident: 0, mail, quiet: false, message: "" };
    const [state, result] = manage(this.state, agent, op, this.environment);
    this.state = state;
    return result;
  }

  take(agent: number, port: number): string | undefined {
    const mail = this.do(agent, OPS.take, port);
    return mail < 0 ? undefined : this.environment.textOf(mail);
  }

  deliveries(agent: number): string[] {
    return deliveries(this.state, agent, true, false).map(
      (delivery) => `${delivery.kind}${"number" in delivery ? delivery.number : ""}`,
    );
  }

  run(agent: number, kind: string): void {
    const delivery = deliveries(this.state, agent, true, false).find((possible) => possible.kind === kind);
    [this.state] = deliver(this.state, delivery!, this.environment);
  }

  end(agent: number): void {
    this.state = end(this.state, agent, KILLED, this.environment);
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

  it("delivers messages in their order, to the holder of the port", () => {
    const process = started();
    process.do(MAIN, OPS.post, 32, { text: "1" });
    process.do(MAIN, OPS.post, 32, { text: "2" });
    expect(process.deliveries(WORKER)).toContain("boot");
    process.run(WORKER, "boot");
    expect(process.deliveries(WORKER)).toEqual(["drain"]); // it does not listen, and nothing keeps it alive
    process.do(WORKER, OPS.listen, 33, { x: ALL });
    expect(process.deliveries(WORKER)).toEqual(["message33"]);
    expect([process.take(WORKER, 33), process.take(WORKER, 33), process.take(WORKER, 33)]).toEqual([
      "1",
      "2",
      undefined,
    ]);
    expect(process.deliveries(WORKER)).toEqual([]);
  });

  it("delivers a close after all messages posted before", () => {
    const process = started();
    process.run(WORKER, "boot");
    process.do(MAIN, OPS.listen, 32, { x: ALL });
    process.do(WORKER, OPS.post, 33, { text: "1" });
    process.end(WORKER);
    expect(process.deliveries(MAIN)).toEqual(["message32", "exit1"]);
    expect(process.take(MAIN, 32)).toBe("1");
    expect(process.deliveries(MAIN)).toEqual(["close32", "exit1"]);
    process.run(MAIN, "close");
    process.run(MAIN, "exit");
    expect(process.deliveries(MAIN)).toEqual([]);
  });

  it("closes the ports in messages that no agent will read", () => {
    const process = started();
    process.do(MAIN, OPS.listen, 32, { x: ALL });
    process.end(WORKER); // before the boot
    expect(process.deliveries(MAIN)).toEqual(["close32", "exit1"]);
    process.do(MAIN, OPS.open, 34);
    process.do(MAIN, OPS.listen, 34, { x: ALL });
    process.do(MAIN, OPS.post, 32, { text: '{"$":"port","of":35}' });
    expect(process.deliveries(MAIN)).toContain("close34");
  });

  it("terminates at any time, once", () => {
    const process = started();
    process.do(MAIN, OPS.terminate, 0, { x: WORKER });
    expect(process.deliveries(WORKER)).toContain("terminate");
    process.end(WORKER);
    expect(process.deliveries(WORKER)).toEqual([]);
  });
});
