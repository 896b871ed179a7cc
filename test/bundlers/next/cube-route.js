// The second route: Next loads its chunks after the first thread has run.
import { Lock, Thread } from "@x/threading";
import { cube } from "./cube.js";

export const dynamic = "force-dynamic";

export async function GET(request) {
  try {
    const n = Number(new URL(request.url).searchParams.get("n"));
    const thread = new Thread({ target: cube, args: [n, new Lock()] }).start();
    return new Response(String(await thread.resultAsync(20_000)));
  } catch (error) {
    return new Response(String(error));
  }
}
