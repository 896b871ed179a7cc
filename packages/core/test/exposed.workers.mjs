// Functions and classes for other threads; the tests send them there.
import { expose, ThreadError } from "@x/core";

export function square(x) {
  return x * x;
}

export class Point {
  constructor(x, y) {
    this.x = x;
    this.y = y;
    Point.made++;
  }
  static made = 0;
  get length() {
    return Math.hypot(this.x, this.y);
  }
}

export class Point3 extends Point {
  z = 0;
}

export class Secret {
  #hidden = 5;
  get hidden() {
    return this.#hidden;
  }
}

export class Inheriting extends Secret {
  open = 1;
}

export class PrivateMethod {
  async *#steps() {}
  steps() {
    return this.#steps();
  }
}

export class Innocent {
  // #comment
  static #count = 0;
  text = "#string";
  pattern = /^#pattern/.source;
  static count() {
    return ++Innocent.#count;
  }
}

export class AppError extends Error {
  constructor(message, options) {
    super(message, options);
    this.name = "AppError";
    this.code = "E_APP";
    AppError.made++;
  }
  static made = 0;
  get isApp() {
    return true;
  }
}

export class LoudError extends ThreadError {}

expose({ square, Point, Point3, Secret, Inheriting, PrivateMethod, Innocent, AppError, LoudError });
