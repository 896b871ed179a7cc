/** Installs a runtime unless it is there, and prints the path of its binary: path.ts node24. */
import { type Id, IDS, prepare } from "./runtimes.ts";

const id = process.argv[2] as Id;
if (!IDS.includes(id)) throw new Error(`test:runtimes: there is no runtime "${id}"; there are ${IDS.join(", ")}`);
console.log(prepare(id, console.error).path);
