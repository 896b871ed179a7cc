import { preset } from "../../tsup.config.base.ts";

// A file for each class, so that a program with a Semaphore does not carry BoundedSemaphore.
export default preset({
  entry: ["src/index.ts", "src/semaphore.ts", "src/bounded-semaphore.ts"],
  types: ["src/index.ts"],
});
