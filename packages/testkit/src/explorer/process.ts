/**
 * The process of a model: agents (main, and workers that it starts later) and the ports between
 * them. A message is in transit until the explorer delivers it. Messages of the same port stay in
 * order, all others do not.
 */
import type { HistoryNode } from "./thread-replayer.js";
import { OPS, PORTS_MAX } from "./protocol.js";
import type { Environment } from "./environment.js";

/** The flags of `listen`. */
const MESSAGES = 1;
const KEEPS_ALIVE = 2;
const CLOSE = 4;

/** The port is inside a message. */
const IN_TRANSIT = -1;
/** The port was closed, or its holder is gone. */
const CLOSED = -2;

interface PortState {
  /** The agent that holds it, IN_TRANSIT or CLOSED. */
  readonly holder: number;
  /** The numbers of the messages that have arrived. */
  readonly inbox: readonly number[];
  readonly flags: number;
}

interface AgentState {
  /** The starter's number: main's own for main, undefined for an agent that was never started. */
  readonly starter: number | undefined;
  /** The message with its `workerData`, until the agent boots. */
  readonly data: number | undefined;
  /** Has an agent called `terminate` on it? */
  readonly isTerminating: boolean;
  /** Set at the end. */
  readonly exitCode: number | undefined;
  /** Has its starter received the exit? */
  readonly isExitDelivered: boolean;
  /** How many promises keep it alive. */
  readonly awaiting: number;
}

/** The state of a process, apart from memory and threads. Immutable. */
export interface ProcessState {
  readonly ports: ReadonlyMap<number, PortState>;
  readonly agents: readonly AgentState[];
}

/** The exit code of a killed agent. */
export const KILLED = 1;

export type Delivery =
  | { readonly kind: "message" | "close" | "drop"; readonly thread: number; readonly number: number }
  | { readonly kind: "exit"; readonly thread: number; readonly number: number }
  | { readonly kind: "boot" | "drain" | "terminate"; readonly thread: number };

const UNSTARTED: AgentState = {
  starter: undefined,
  data: undefined,
  isTerminating: false,
  exitCode: undefined,
  isExitDelivered: false,
  awaiting: 0,
};

export function beginProcess(agents: number): ProcessState {
  const all = Array.from({ length: agents }, (_, agent) => (agent === 0 ? { ...UNSTARTED, starter: 0 } : UNSTARTED));
  return { ports: new Map(), agents: all };
}

const peerOf = (port: number): number => port ^ 1;

function withPort(state: ProcessState, number: number, change: Partial<PortState>): ProcessState {
  const ports = new Map(state.ports);
  ports.set(number, { ...(ports.get(number) ?? { holder: CLOSED, inbox: [], flags: 0 }), ...change });
  return { ...state, ports };
}

function withAgent(state: ProcessState, number: number, change: Partial<AgentState>): ProcessState {
  return { ...state, agents: state.agents.map((agent, index) => (index === number ? { ...agent, ...change } : agent)) };
}

// ---------------------------------------------------------------- what agents do

/** Runs an operation of an agent. Returns the state after it, and the result. */
export function manage(
  state: ProcessState,
  agent: number,
  { kind, word: port, x, mail }: HistoryNode["op"],
  environment: Environment,
): readonly [ProcessState, number] {
  switch (kind) {
    case OPS.start:
      return start(state, agent, mail, environment);
    case OPS.terminate:
      return [requestTermination(state, x), 0];
    case OPS.isGone:
      return [state, isGone(state, x) ? 1 : 0];
    case OPS.post:
      return [post(state, port, mail, environment), 0];
    case OPS.take:
      return take(state, agent, port, environment);
    case OPS.open:
      return [open(state, agent, port), 0];
    case OPS.listen:
      return [listen(state, port, x), 0];
    case OPS.close:
      return [close(state, port, environment), 0];
    default:
      return [keepAlive(state, agent, x), 0];
  }
}

function open(state: ProcessState, agent: number, port: number): ProcessState {
  return withPort(withPort(state, port, { holder: agent }), peerOf(port), { holder: agent });
}

function listen(state: ProcessState, port: number, flags: number): ProcessState {
  return withPort(state, port, { flags: state.ports.get(port)!.flags | flags });
}

function post(state: ProcessState, port: number, mail: number, environment: Environment): ProcessState {
  const peer = state.ports.get(peerOf(port))!;
  if (peer.holder === CLOSED || state.ports.get(port)!.holder === CLOSED) return lose(state, mail, environment);
  return handOver(withPort(state, peerOf(port), { inbox: [...peer.inbox, mail] }), mail, IN_TRANSIT, environment);
}

/** Takes the first message of a port; -1 if it is empty. */
function take(state: ProcessState, agent: number, port: number, environment: Environment): [ProcessState, number] {
  const { inbox } = state.ports.get(port)!;
  const [mail, ...others] = inbox;
  if (mail === undefined) return [state, -1];
  return [handOver(withPort(state, port, { inbox: others }), mail, agent, environment), mail];
}

/** Starts the next unused agent. Returns its number, or -1. */
function start(state: ProcessState, starter: number, mail: number, environment: Environment): [ProcessState, number] {
  const agent = state.agents.findIndex((candidate) => candidate.starter === undefined);
  if (agent < 0) return [state, -1];
  return [handOver(withAgent(state, agent, { starter, data: mail }), mail, IN_TRANSIT, environment), agent];
}

/** Boots an agent: it receives its `workerData`. */
function boot(state: ProcessState, agent: number, environment: Environment): [ProcessState, number] {
  const data = state.agents[agent]!.data!;
  return [handOver(withAgent(state, agent, { data: undefined }), data, agent, environment), data];
}

function requestTermination(state: ProcessState, agent: number): ProcessState {
  return state.agents[agent]!.exitCode === undefined ? withAgent(state, agent, { isTerminating: true }) : state;
}

/** Have the agent and all agents started by it ended? */
function isGone({ agents }: ProcessState, agent: number): boolean {
  return (
    agents[agent]!.exitCode !== undefined && startedBy(agents, agent).every(({ exitCode }) => exitCode !== undefined)
  );
}

function startedBy(agents: readonly AgentState[], agent: number): AgentState[] {
  return agents.filter(({ starter }, number) => starter === agent && number !== agent);
}

function keepAlive(state: ProcessState, agent: number, by: number): ProcessState {
  return withAgent(state, agent, { awaiting: state.agents[agent]!.awaiting + by });
}

function close(state: ProcessState, port: number, environment: Environment): ProcessState {
  const { inbox } = state.ports.get(port)!;
  const closed = withPort(state, port, { holder: CLOSED, inbox: [] });
  return inbox.reduce((next, mail) => lose(next, mail, environment), closed);
}

/** Ends an agent. The agents started by it end later. */
export function end(state: ProcessState, agent: number, exitCode: number, environment: Environment): ProcessState {
  let next = withAgent(state, agent, { exitCode });
  state.agents.forEach(({ starter }, number) => {
    if (starter === agent && number !== agent) next = requestTermination(next, number);
  });
  const { data } = state.agents[agent]!;
  if (data !== undefined) next = lose(next, data, environment);
  for (const [port, { holder }] of state.ports) if (holder === agent) next = close(next, port, environment);
  return next;
}

function handOver(state: ProcessState, mail: number, holder: number, environment: Environment): ProcessState {
  const movable = environment.portsIn(mail).filter((port) => state.ports.get(port)!.holder !== CLOSED);
  return movable.reduce((next, port) => withPort(next, port, { holder }), state);
}

/** Drops a message: its ports close, because no agent will read it. */
function lose(state: ProcessState, mail: number, environment: Environment): ProcessState {
  return environment.portsIn(mail).reduce((next, port) => close(next, port, environment), state);
}

// ---------------------------------------------------------------- what the explorer may do

/**
 * All deliveries to an agent. `isIdle`: the agent is at its event loop. `isBusy`: it has timers, or
 * promises that are due.
 */
export function deliveries(state: ProcessState, agent: number, isIdle: boolean, isBusy: boolean): Delivery[] {
  const { exitCode, isTerminating, awaiting, data } = state.agents[agent]!;
  if (exitCode !== undefined) return [];
  const all: Delivery[] = [];
  if (data !== undefined) all.push({ kind: "boot", thread: agent });
  if (isTerminating) all.push({ kind: "terminate", thread: agent });
  if (!isIdle) return all;
  let isAlive = agent === 0 || isBusy || awaiting > 0;
  for (const [number, { holder, inbox, flags }] of state.ports) {
    if (holder !== agent) continue;
    const isPeerGone = state.ports.get(peerOf(number))!.holder === CLOSED;
    if ((flags & MESSAGES) !== 0 && inbox.length > 0) all.push({ kind: "message", thread: agent, number });
    else if (isPeerGone && flags !== 0)
      all.push({ kind: (flags & CLOSE) !== 0 ? "close" : "drop", thread: agent, number });
    if ((flags & KEEPS_ALIVE) !== 0) isAlive = true;
  }
  state.agents.forEach((other, number) => {
    if (other.starter !== agent || number === agent) return;
    if (isGone(state, number) && !other.isExitDelivered) all.push({ kind: "exit", thread: agent, number });
    isAlive ||= !other.isExitDelivered;
  });
  if (!isAlive) all.push({ kind: "drain", thread: agent });
  return all;
}

/** Runs a delivery to an agent. Returns the state after it, and the value for the agent. */
export function deliver(state: ProcessState, delivery: Delivery, environment: Environment): [ProcessState, number] {
  const { kind, thread } = delivery;
  switch (kind) {
    case "boot":
      return boot(state, thread, environment);
    case "message": {
      const [next, mail] = take(state, thread, delivery.number, environment);
      return [next, delivery.number + PORTS_MAX * mail];
    }
    case "exit":
      return [
        withAgent(state, delivery.number, { isExitDelivered: true }),
        delivery.number + PORTS_MAX * state.agents[delivery.number]!.exitCode!,
      ];
    case "close":
    case "drop":
      return [close(state, delivery.number, environment), delivery.number];
    default:
      throw new Error(`explorer: ${kind} is nothing to deliver`);
  }
}

/** The numbers of the state, for the fingerprint. */
export function* digest({ ports, agents }: ProcessState): Generator<number> {
  for (const [number, { holder, inbox, flags }] of [...ports].sort(([a], [b]) => a - b)) {
    yield number * 64 + holder;
    yield flags;
    yield* inbox;
    yield -1;
  }
  for (const { starter = -1, data = -1, isTerminating, exitCode = -1, isExitDelivered, awaiting } of agents) {
    yield starter * 64 + (isTerminating ? 1 : 0) + (isExitDelivered ? 2 : 0);
    yield data;
    yield exitCode;
    yield awaiting;
  }
}
