/** Servers of bundlers and frameworks, each as a child process. */
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { type Command, type Ended, runChild, tail } from "../runtimes/child.ts";

/** Milliseconds for a server to run, and for its first answer. */
const SERVER_MS = 240_000;
const ANSWERS_MS = 60_000;

/** Starts the server, does this with its address after its first answer, and ends it. */
export async function whileServing<R>(
  command: Omit<Command, "limit" | "started">,
  port: number,
  act: (url: string) => Promise<R>,
): Promise<R> {
  let stop = (): void => undefined;
  const ended = runChild({
    ...{ ...command, limit: SERVER_MS },
    started: ({ pid }) => (stop = () => void process.kill(-pid!, "SIGKILL")),
  });
  try {
    const url = `http://127.0.0.1:${port}/`;
    await answers(url, ended);
    return await act(url);
  } finally {
    stop();
    await ended;
  }
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/** Waits for the first answer of a server. */
async function answers(url: string, ended: Promise<Ended>): Promise<void> {
  const end = performance.now() + ANSWERS_MS;
  let gone: Ended | undefined;
  void ended.then((it) => (gone = it));
  for (;;) {
    const response = await fetch(url).catch(() => undefined);
    if (response !== undefined) return;
    if (gone !== undefined) throw new Error(`the server has ended: ${tail(`${gone.out}\n${gone.err}`, 20)}`);
    if (performance.now() > end) throw new Error(`the server does not answer within ${ANSWERS_MS / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
