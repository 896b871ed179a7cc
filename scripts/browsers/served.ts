/** Serves a folder to a browser, with the headers under test. */
import { createReadStream, existsSync, statSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";
import { text } from "node:stream/consumers";

export type Headers = Readonly<Record<string, string>>;

/** The headers of a page that is cross-origin isolated in every browser. */
export const ISOLATED: Headers = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
};

/** As {@link ISOLATED}, but resources of other origins need no header of their own. */
export const CREDENTIALLESS: Headers = { ...ISOLATED, "cross-origin-embedder-policy": "credentialless" };

/** The one header that isolates a page in Chromium, without demands on its openers and its frames. */
export const DOCUMENT_POLICY: Headers = { "document-isolation-policy": "isolate-and-require-corp" };

export interface Serving {
  /** Sent with every file. Default: {@link ISOLATED}; `{}` for a page that is not isolated. */
  readonly headers?: Headers;
  /** The address to listen on. Only 127.0.0.1, the default, is a secure context without https. */
  readonly host?: string;
  /**
   * Gets the body of each POST. A page reports by POST what has to arrive even if it hangs or dies
   * afterwards; a worker sends it by a synchronous XMLHttpRequest, which works while it may not
   * turn its event loop.
   */
  readonly onPost?: (path: string, body: string) => void;
}

export interface Served {
  /** Without a slash at the end. */
  readonly url: string;
  /** Ends all connections. */
  close(): Promise<void>;
}

/** Serves the files of a folder; `index.html` for a folder. */
export async function serve(folder: string, serving: Serving = {}): Promise<Served> {
  const { headers = ISOLATED, host = "127.0.0.1", onPost } = serving;
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      response.writeHead(500, { "content-type": "text/plain" }).end(String(error));
    });
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = decodeURIComponent(new URL(request.url ?? "/", "http://any").pathname);
    if (request.method === "POST") {
      onPost?.(path, await text(request));
      response.writeHead(204, headers).end();
      return;
    }
    const file = fileAt(folder, path);
    if (file === undefined) {
      // Browsers ask for an icon by themselves.
      response.writeHead(path === "/favicon.ico" ? 204 : 404, headers).end();
      return;
    }
    response.writeHead(200, { "content-type": typeOf(file), "cache-control": "no-store", ...headers });
    createReadStream(file).pipe(response);
  }

  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, host, resolve);
  });
  return {
    url: `http://${host}:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error === undefined ? resolve() : reject(error)));
        server.closeAllConnections();
      }),
  };
}

/** The file at a path of the URL; undefined if there is none. */
function fileAt(folder: string, path: string): string | undefined {
  const file = join(folder, normalize(path));
  const full = existsSync(file) && statSync(file).isDirectory() ? join(file, "index.html") : file;
  return existsSync(full) ? full : undefined;
}

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".css": "text/css",
  ".json": "application/json",
  ".map": "application/json",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
};

function typeOf(file: string): string {
  return TYPES[extname(file)] ?? "application/octet-stream";
}
