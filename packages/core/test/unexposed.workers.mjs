// Exposed in no thread until it is loaded there.
import { expose } from "@x/core";

export function late() {
  return "late";
}
expose(import.meta, { late });
