// The workers of a bunch: wait for bodies, run them, answer.
import { workerData as port } from "node:worker_threads";
import { carryOut } from "./bunch-member.mjs";

port.on("message", (order) => void carryOut(order, (answer) => port.postMessage(answer)));
