import { struct, StructArray } from "@x/shared";
import { perCall } from "../calls.js";
import { js, type Row } from "../row.js";

const Particle = struct({ x: "f64", y: "f64", hits: "i32" });

/** 1024: fits into the cache of a core. */
const LENGTH = 1024;

/** The numbers of a particle, in a typed array of 64 bits, and of 32. */
const DOUBLES = 3;
const WORDS = 6;
const HITS = 4;

export const row: Row<string> = {
  title: "Struct: a field, read and written",
  unit: "ns",
  better: "less",
  limit:
    "A typed array's element. A field needs the object's place and its view besides, and the check of the value's type.",
  axis: { name: "of", points: ["an object: f64", "an object: i32", "an array: f64", "a column: f64"] },
  contestants: {
    ours: js((point) => {
      if (point === "an array: f64") {
        const particles = new StructArray(Particle, LENGTH);
        let i = 0;
        return perCall(() => {
          particles.get(i).x += 1;
          i = (i + 1) % LENGTH;
        });
      }
      if (point === "a column: f64") {
        const { values, first, step } = new StructArray(Particle, LENGTH).column("x");
        let i = 0;
        return perCall(() => {
          values[first + i * step]! += 1;
          i = (i + 1) % LENGTH;
        });
      }
      const particle = new Particle();
      if (point === "an object: f64") return perCall(() => (particle.x += 1));
      return perCall(() => (particle.hits = (particle.hits + 1) & 0xffff));
    }),
    "a typed array": js((point) => {
      const memory = new SharedArrayBuffer(LENGTH * DOUBLES * 8);
      const [doubles, words] = [new Float64Array(memory), new Int32Array(memory)];
      if (point === "an array: f64" || point === "a column: f64") {
        let i = 0;
        return perCall(() => {
          doubles[i * DOUBLES]! += 1;
          i = (i + 1) % LENGTH;
        });
      }
      let at = 0;
      if (point === "an object: f64") return perCall(() => (doubles[at * DOUBLES]! += 1));
      at = 1;
      return perCall(() => (words[at * WORDS + HITS] = (words[at * WORDS + HITS]! + 1) & 0xffff));
    }),
  },
};
