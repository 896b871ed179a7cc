// Main blocks. A signal asks for a dump, or ends it.
import { Event } from "@x/event";
import { expose, isMainThread, Thread } from "@x/thread";

export function stay(event) {
  event.wait();
}
expose({ stay });

if (isMainThread) {
  const event = new Event();
  const thread = new Thread({ target: stay, args: [event], name: "stayer", daemon: true }).start();
  setTimeout(() => {
    console.log("ready");
    thread.join();
  }, 200);
}
