import { defineConfig } from "vite";

/** The two headers that give a page shared memory. */
const headers = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};

export default defineConfig({
  base: "./", // the built page works in any folder of a server
  worker: { format: "es" },
  server: { headers },
  preview: { headers },
});
