/** Classes of structs, for threads. */
import { expose } from "@x/core";
import { struct } from "@x/shared";

export class Body extends struct({ x: "f64", y: "f64", hits: "i32" }) {
  get distance() {
    return Math.hypot(this.x, this.y);
  }
  hit() {
    Body.add(this, "hits", 1);
  }
}

export class Hidden extends struct({ x: "f64" }) {}

export class Noted extends struct({ x: "f64" }) {
  note = "";
}

export class Private extends struct({ x: "f64" }) {
  #secret = 1;
  reveal() {
    return this.#secret;
  }
}

expose(import.meta.url, { Body, Noted });
