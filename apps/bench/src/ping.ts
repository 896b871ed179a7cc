/** Pings of a loopback server: each is an async task, which sends a datagram and awaits its echo. */
import { createSocket, type Socket } from "node:dgram";

/** A lost datagram is sent again after so many ms. */
const LOST_MS = 500;
const RECEIVE_BYTES = 1 << 20;

/** The socket of this thread, made at its first ping. Without a ping it does not keep the thread alive. */
let socket: Socket | undefined;
const waiting = new Map<number, () => void>();

function open(): Socket {
  const opened = createSocket({ type: "udp4", recvBufferSize: RECEIVE_BYTES });
  opened.on("message", (datagram) => {
    const id = datagram.readUInt32LE(0);
    waiting.get(id)?.();
    waiting.delete(id);
  });
  return opened.unref();
}

/** Resolves to true once the server of this port has answered. */
export async function ping({ port, id }: { readonly port: number; readonly id: number }): Promise<boolean> {
  const mine = (socket ??= open());
  const datagram = Buffer.alloc(4);
  datagram.writeUInt32LE(id, 0);
  await new Promise<void>((resolve) => {
    const send = (): void => mine.send(datagram, port, "127.0.0.1");
    const again = setInterval(send, LOST_MS);
    waiting.set(id, () => {
      clearInterval(again);
      resolve();
    });
    send();
  });
  return true;
}
