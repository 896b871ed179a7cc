import { preset } from "../../tsup.config.base.ts";

// A file for each class, so that a program with a Lock does not carry RLock.
export default preset({ entry: ["src/index.ts", "src/lock.ts", "src/rlock.ts"], types: ["src/index.ts"] });
