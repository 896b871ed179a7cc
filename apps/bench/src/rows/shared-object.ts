import { SharedObject } from "@x/shared";
import { perCall } from "../calls.js";
import { multithreading } from "../rivals.js";
import { js, python, type Row } from "../row.js";

class Account extends SharedObject {
  balance = 0;
  owner = "nobody";
}

export const row: Row<string> = {
  title: "SharedObject: a field of a number",
  unit: "ns",
  better: "less",
  limit:
    "A proxy of JavaScript finds the field by its name: an empty one takes 14 to 16 ns. A get of a number takes no lock, a set takes the lock of the object; multithreading takes none.",
  axis: { name: "operation", points: ["get", "set"] },
  contestants: {
    ours: js((operation) => {
      const account = new Account();
      let n = 0;
      return operation === "get" ? perCall(() => (n += account.balance)) : perCall(() => (account.balance = n++));
    }),
    multithreading: js(async (operation) => {
      const { SharedJsonBuffer } = await multithreading();
      const account = new SharedJsonBuffer({ balance: 0, owner: "nobody" }) as unknown as { balance: number };
      let n = 0;
      return operation === "get" ? perCall(() => (n += account.balance)) : perCall(() => (account.balance = n++));
    }),
    "multiprocessing.Manager": python("shared.py", "namespace"),
  },
};
