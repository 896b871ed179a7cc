/** A server that sends each datagram back. */
import { createSocket } from "node:dgram";
import { parentPort } from "node:worker_threads";

const RECEIVE_BYTES = 1 << 20;

const socket = createSocket({ type: "udp4", recvBufferSize: RECEIVE_BYTES });
socket.on("message", (datagram, { port, address }) => socket.send(datagram, port, address));
socket.bind(0, "127.0.0.1", () => parentPort!.postMessage(socket.address().port));
