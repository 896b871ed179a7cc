// A package whose functions threads run.
import { expose } from "@x/threading";

export function square(x) {
  return x * x;
}
expose({ square });
