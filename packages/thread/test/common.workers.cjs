/** A function and a subclass of Thread in a CommonJS module. */
const { currentThread, expose, isMainThread, Thread } = require("@x/thread");

class Counter extends Thread {
  constructor(n) {
    super();
    this.n = n;
  }
  run() {
    this.n++;
    return [isMainThread, currentThread() === this];
  }
}
const cube = (x) => x ** 3;
expose({ cube, Counter });
module.exports = { cube, Counter };
