// Answers with what a thread has computed.
import { Thread } from "@x/threading";
import { square } from "./tasks.js";

export const dynamic = "force-dynamic";

export async function GET(request) {
  try {
    const n = Number(new URL(request.url).searchParams.get("n"));
    const thread = new Thread({ target: square, args: [n] }).start();
    return new Response(String(await thread.resultAsync(20_000)));
  } catch (error) {
    return new Response(String(error));
  }
}
