// Subclasses with fields named like accessors of Thread.
import { currentThread, expose, Thread } from "@x/thread";

const nameAndDaemon = () => [currentThread().daemon, currentThread().name];

export class Background extends Thread {
  daemon = true;
  run() {
    return nameAndDaemon();
  }
}
export class Named extends Thread {
  name = "by a field";
  kept = 1;
  run() {
    this.kept++;
    return nameAndDaemon();
  }
}
export class Declared extends Thread {
  name;
  daemon;
  run() {
    return nameAndDaemon();
  }
}
export class Overriding extends Thread {
  get daemon() {
    return true;
  }
  get name() {
    return "by a getter";
  }
  run() {
    return nameAndDaemon();
  }
}
export class Undecided extends Thread {
  daemon = "yes";
}
export class Numbered extends Thread {
  ident = 7;
}
export class Native extends Thread {
  nativeId = 7;
}
class WithTotal extends Thread {
  get total() {
    return -1;
  }
  set total(_) {
    throw new Error("the setter of a field's name was called");
  }
}
export class Totalling extends WithTotal {
  total = 5;
  run() {
    return (this.total += 1);
  }
}

expose({ Background, Named, Declared, Overriding, Undecided, Numbered, Native, Totalling });
