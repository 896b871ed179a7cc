/** The text of an uncaught error. */
import { host } from "../platform/host.js";

/** The default report. */
export function exceptionText(name: string, error: unknown): string {
  return `Exception in thread ${name}:\n${host().inspectError(error)}\n`;
}
