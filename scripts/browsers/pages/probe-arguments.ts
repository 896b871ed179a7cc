/** The arguments of a probe: it reads them as it is evaluated. */
const args = new URLSearchParams(location.search).getAll("arg");
(globalThis as { process?: unknown }).process = { argv: ["", "", ...args] };
