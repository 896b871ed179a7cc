// Preloaded into every thread: the copy of a moved buffer is dropped, one in four.
import { Queue, SimpleQueue } from "@x/threading";

for (const Class of [Queue, SimpleQueue]) {
  const { putMoved } = Class.prototype;
  Class.prototype.putMoved = function (item, transfer, ...rest) {
    if (item.id % 4 > 0) putMoved.call(this, item, transfer, ...rest);
    else structuredClone(transfer, { transfer });
  };
}
