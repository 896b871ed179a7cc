import { watchdog } from "@x/testkit";
import { describe, it } from "vitest";
import { checkRefusedValues, checkValues } from "./bytes.ts";

watchdog();

const ROUNDS = 20 * Number(process.env["STRESS"]);

describe.each(Array.from({ length: ROUNDS }, (_, i) => i))("encode and decode, round %i", () => {
  it("deliver 5000 random values as structured clone does", () => checkValues(5000));
  it("refuse 1000 random values that structured clone refuses", () => checkRefusedValues(1000));
});
