/** Loaded by --import, in main and in each worker. */
globalThis.preloaded = "yes";
