/** The worker that runs a file of tests. */
import { FILES } from "tests:files";
import { config } from "../../runtimes/shim/index.js";
import { runFile } from "../../runtimes/shim/runner.js";
import { tell } from "./protocol.js";

const query = new URLSearchParams(location.search);
const file = query.get("file")!;
const only = query.get("only");
if (only !== null) config.testNamePattern = new RegExp(only);

// Tests count turns of the event loop by Node's function.
globalThis.setImmediate = ((callback: () => void) => setTimeout(callback, 0)) as never;

globalThis.packageUrl = (name) => new URL(`./packages/${name.replace("@x/", "")}.js`, location.href).href;

void runFile(file, FILES[file]!, (line) => tell("/told", line));
