/** Runs a file of tests, on any platform, and tells its results line by line. */
import { startTests, type Test, type VitestRunner } from "@vitest/runner";
import { getTests } from "@vitest/runner/utils";
import { config } from "./index.js";

/** A line of the results. The beginning of each test is one, so a hang or a death names its test. */
export interface Line {
  /** The title of a test that begins. */
  begins?: string;
  /** The title of a test that has ended. */
  ended?: string;
  state?: string;
  errors?: string[];
  /** The error of a file whose tests cannot be collected, or whose hooks throw. */
  broken?: string;
  /** The name of the file, as its last line. */
  finished?: string;
}

/** @param importFile imports the file, and so collects its tests */
export async function runFile(
  file: string,
  importFile: () => Promise<unknown>,
  tell: (line: Line) => void,
): Promise<void> {
  const runner: VitestRunner = {
    config,
    importFile,
    onBeforeRunTask: (test) => tell({ begins: test.fullTestName }),
    onAfterRunTask: (test) => tell({ ended: test.fullTestName, ...stateOf(test) }),
  };
  const [ran] = await startTests([{ filepath: file }], runner);
  const skipped = getTests(ran!).filter((test) => test.result === undefined || test.mode === "skip");
  for (const test of skipped) tell({ ended: test.fullTestName, state: "skip", errors: [] });
  for (const error of ran!.result?.errors ?? []) tell({ broken: String(error.stack ?? error.message ?? error) });
  tell({ finished: file });
}

function stateOf(test: Test): { state: string; errors: string[] } {
  const errors = (test.result?.errors ?? []).map(({ message, stack }) => `${message}\n${stack ?? ""}`);
  return { state: test.result?.state ?? test.mode, errors };
}
