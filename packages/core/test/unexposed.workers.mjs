// A thread exposes it when it loads it.
import { expose } from "@x/core";

export function late() {
  return "late";
}
expose({ late });
