// Preloaded into every thread: each item with a text is put twice.
import { Queue, SimpleQueue } from "@x/threading";

for (const Class of [Queue, SimpleQueue]) {
  const { put } = Class.prototype;
  Class.prototype.put = function (item, ...rest) {
    put.call(this, item, ...rest);
    if (item?.text !== undefined) put.call(this, item, ...rest);
  };
}
