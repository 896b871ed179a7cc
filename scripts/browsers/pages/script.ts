/** Stands for testkit's file of this name: there are no processes in a page. */
export function runScript(): Promise<never> {
  return Promise.reject(new Error("a page starts no process"));
}
