/**
 * The simulated platform of `@x/thread`. Its workers and ports exist only in the explorer's
 * machine, and the explorer chooses when each message and each exit arrives. Main, supervisor and
 * workers are agents, in the words of ECMAScript. Each agent runs in a worker of the explorer.
 */
import { freshModules } from "./modules.mjs";

/**
 * The regions of shared memory: the model's, the thread table, the bits of dead threads, and a slab
 * of each agent.
 */
const WORLD = 1;
const DEATHS = 2;
const FIRST_SLAB = 2; // agents count from 1, so the first slab is region 3

/** The real table is larger, but agents read only its first bytes as bytes. */
const TOKEN_BYTES = 4096;
const SLAB_BYTES = 4096;

const ROOT = "@x/thread root";

/** The global slot from which `@x/thread` takes its platform. */
const THREAD_PLATFORM = Symbol.for("@x/thread platform 1");

/** How many ports an agent can open. */
export const PORTS_EACH = 32;

/** The flags of `listen`. */
export const LISTENING = { messages: 1, keepsAlive: 2, close: 4 };

class SimulatedPort {
  constructor(number) {
    this.number = number;
  }
}

export class Host {
  #tools;
  #ports = new Map();
  #opened = 0;
  #handlers = new Map();
  #workers = new Map();
  #tokens = new Map();
  #environment = new Map();
  #data;
  #onExit = () => undefined;

  /**
   * @param tools from worker.mjs: `ask` and `send` for operations, OPS, the number of this `agent`,
   *   the URL of its `importer`, `viewOf` and `regionOf` for memory, `newToken` for a stand-in of
   *   memory, `mailOf` for messages, `adaptSlots` for core's state
   */
  constructor(tools) {
    this.#tools = tools;
    this.load = freshModules(tools.importer, (core) => {
      Object.assign(core.platform, this.#platform());
      globalThis[THREAD_PLATFORM] = this.#threads();
      core.onNextDeath = () => undefined; // there is only one supervisor, and it sees all deaths itself
      tools.adaptSlots(tools.viewOf(this.#token(DEATHS)));
    });
  }

  // ---------------------------------------------------------------- memory

  /**
   * Returns a token for memory of the model: the thread table, the growing bits of dead threads, or
   * a slab.
   */
  allocate(bytes, options) {
    if (options?.maxByteLength !== undefined) return this.#token(DEATHS);
    if (bytes === SLAB_BYTES) return this.#token(FIRST_SLAB + this.#tools.agent);
    return bytes > 2 ** 20 ? this.#token(WORLD) : undefined;
  }

  /** The number of a token's region, or undefined. */
  regionOf(token) {
    for (const [region, known] of this.#tokens) if (known === token) return region;
    return undefined;
  }

  #token(region) {
    let token = this.#tokens.get(region);
    if (token === undefined) this.#tokens.set(region, (token = this.#tools.newToken(TOKEN_BYTES)));
    return token;
  }

  // ---------------------------------------------------------------- messages

  #port(number) {
    let port = this.#ports.get(number);
    if (port === undefined) this.#ports.set(number, (port = new SimulatedPort(number)));
    return port;
  }

  /**
   * Encodes a message as text. Objects are numbered in the order of their first visit, so a second
   * reference stays the same object.
   */
  #encode(message) {
    const met = new Map();
    const encoded = (value) => {
      if (value === undefined) return { $: "undefined" };
      if (typeof value !== "object" || value === null) return value;
      if (value instanceof SimulatedPort) return { $: "port", of: value.number };
      const region = this.#tools.regionOf(value);
      if (region !== undefined) return { $: "words", of: region };
      if (met.has(value)) return { $: "met", of: met.get(value) };
      met.set(value, met.size);
      if (value instanceof Map) return { $: "map", of: [...value].map(([key, item]) => [encoded(key), encoded(item)]) };
      if (value instanceof Error) return { $: "error", of: value.message };
      if (Array.isArray(value)) return value.map(encoded);
      return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, encoded(inner)]));
    };
    return JSON.stringify(encoded(message));
  }

  #decode(text) {
    const met = [];
    const meet = (object) => {
      met.push(object);
      return object;
    };
    const decoded = (value) => {
      if (typeof value !== "object" || value === null) return value;
      if (Array.isArray(value)) {
        const array = meet([]);
        for (const item of value) array.push(decoded(item));
        return array;
      }
      switch (value.$) {
        case "undefined":
          return undefined;
        case "port":
          return this.#port(value.of);
        case "words":
          return this.#tools.viewOf(this.#token(value.of));
        case "met":
          return met[value.of];
        case "error":
          return meet(new Error(value.of));
        case "map": {
          const map = meet(new Map());
          for (const [key, item] of value.of) map.set(decoded(key), decoded(item));
          return map;
        }
      }
      const object = meet({});
      for (const [key, inner] of Object.entries(value)) object[key] = decoded(inner);
      return object;
    };
    return decoded(JSON.parse(text));
  }

  #read(mail) {
    return this.#decode(this.#tools.mailOf(mail));
  }

  /** Ends the process, or this worker. */
  exit() {
    this.#onExit(0);
  }

  exitWorker() {
    this.exit();
    this.#tools.ask(this.#tools.OPS.exit);
  }

  // ---------------------------------------------------------------- turns of the event loop

  deliver(port, mail) {
    this.#handlers.get(port).onMessage(this.#read(mail));
  }

  portClosed(port) {
    this.#handlers.get(port).onClose();
  }

  workerExited(worker, exitCode) {
    const { onError, onExit } = this.#workers.get(worker);
    if (exitCode !== 0) onError(new Error("killed by the explorer"));
    onExit(exitCode);
  }

  /** Waits until an agent starts this worker, then runs the entry of `@x/thread`'s workers. */
  boot() {
    this.#data = this.#read(this.#tools.ask(this.#tools.OPS.boot));
    this.load("@x/thread/worker");
  }

  // ---------------------------------------------------------------- the platform

  /**
   * The environment data from main: the thread table and, under ROOT, the root. The root's ident
   * counter is the first word of the table.
   */
  #environmentOf(key) {
    const table = this.#token(WORLD);
    return key === ROOT ? { ident: 1, buffer: table, at: 0 } : table;
  }

  #platform() {
    const { ask, OPS, agent } = this.#tools;
    return {
      nativeId: () => agent,
      foreignIdent: () => 2 * agent - 1,
      keepAlive: (by) => void ask(OPS.alive, 0, by),
      setTimer: (callback, ms) => {
        const timer = setTimeout(callback, ms);
        return () => clearTimeout(timer);
      },
      cores: () => 1,
      getEnvironmentData: (key) => (agent === 1 ? this.#environment.get(key) : this.#environmentOf(key)),
      setEnvironmentData: (key, value) => void this.#environment.set(key, value),
      env: () => undefined,
    };
  }

  #threads() {
    const { ask, OPS, agent } = this.#tools;
    const post = (port, message) => void this.#tools.send(OPS.post, port.number, this.#encode(message));
    const afterTurn = (callback) => void setTimeout(callback, 0);
    return {
      startWorker: ({ data, onError, onExit }) => {
        const worker = this.#tools.send(OPS.start, 0, this.#encode(data));
        if (worker < 0) throw new Error("the model has no more workers");
        this.#workers.set(worker, { onError, onExit });
        return { terminate: () => void ask(OPS.terminate, 0, worker), isGone: () => ask(OPS.isGone, 0, worker) === 1 };
      },
      importModule: (url) => Promise.reject(new Error(`${url} cannot be imported here`)),
      workersEndTogether: true,
      taskId: () => 0,
      execArgv: () => [],
      supervisorArgv: () => [],
      onRole: (callback) => callback(this.#data),
      exitWorker: () => this.exitWorker(),
      openChannel: () => {
        const first = PORTS_EACH * agent + 2 * this.#opened++;
        if (2 * this.#opened > PORTS_EACH) throw new Error("explorer: an agent has opened too many channels");
        ask(OPS.open, first);
        return [this.#port(first), this.#port(first + 1)];
      },
      post,
      close: (port) => void ask(OPS.close, port.number),
      take: (port) => {
        const mail = ask(OPS.take, port.number);
        return mail < 0 ? undefined : { message: this.#read(mail) };
      },
      listen: (port, keepsAlive, onMessage, onClose) => {
        this.#handlers.set(port.number, { onMessage, onClose: onClose ?? (() => undefined) });
        const flags = LISTENING.messages + (keepsAlive ? LISTENING.keepsAlive : 0) + (onClose ? LISTENING.close : 0);
        ask(OPS.listen, port.number, flags);
      },
      holdOpen: (port) => void ask(OPS.listen, port.number, LISTENING.keepsAlive),
      leftovers: () => [],
      turns: () => afterTurn,
      onUncaught: () => undefined,
      onProcessEnd: (_, onExit) => (this.#onExit = onExit),
      onSignal: () => undefined,
      directStdio: () => undefined,
      writeError: () => undefined,
      writeErrorNow: ({ length }) => length,
      inspectError: String,
      threadLimit: () => 100,
      minStackSize: () => 0,
    };
  }
}
