import { ThreadError } from "@x/core";
import { BrokenExecutor, CancelledError, InvalidStateError } from "@x/executor";
import { describe, expect, it } from "vitest";

describe("F088: the errors", () => {
  it.each(Object.entries({ BrokenExecutor, CancelledError, InvalidStateError }))(
    "%s is a ThreadError",
    (name, Class) => {
      const error = new Class("executor: a message; a cure");
      expect(error).toBeInstanceOf(ThreadError);
      expect(String(error)).toBe(`${name}: executor: a message; a cure`);
    },
  );
});
