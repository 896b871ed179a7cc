// Right without a bundler, because threads import tasks.js alone. In one file each thread would run these lines, too.
import { Thread } from "@x/threading";
import { square } from "./tasks.js";

console.log(new Thread({ target: square, args: [7] }).start().result(10_000));
