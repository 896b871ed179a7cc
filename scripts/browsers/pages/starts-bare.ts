/** A bare worker. */
postMessage("runs");
