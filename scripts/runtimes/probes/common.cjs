// CommonJS: functions, a subclass, and one library for import and require.
const { activeCount, currentThread, expose, isMainThread, Thread } = require("@x/thread");
const { Lock } = require("@x/lock");

function count(lock) {
  return lock.with(() => [currentThread().name, activeCount()].join());
}
class Sum extends Thread {
  total = 0;
  run() {
    this.total = 5050;
    return currentThread() === this ? "itself" : "another";
  }
}
expose({ count, Sum });

function body() {
  const seen = new Thread({ target: count, args: [new Lock()], name: "counter" }).start().result(10_000);
  if (seen !== "counter,2") return `currentThread().name and activeCount() are ${seen} in a thread`;
  const sum = new Sum({ name: "sum" }).start();
  const which = sum.result(10_000);
  if (which !== "itself") return `currentThread() is ${which} in a subclass's run`;
  if (sum.total !== 5050) return `the field of a subclass is ${sum.total}`;
}
async function main() {
  try {
    const sees = process.argv[2] === "both" ? await both() : body();
    console.log(sees === undefined ? "yes" : `no: ${sees}`);
  } catch (error) {
    console.log(`no: ${String(error).split("\n")[0]}`);
  }
}
async function both() {
  const imported = await import("@x/thread");
  if (imported.Thread !== Thread) return "two copies are loaded";
}
if (isMainThread) main();
