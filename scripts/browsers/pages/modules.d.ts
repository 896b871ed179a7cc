/** Stands for `import.meta.resolve` in the tests: the address of a package. */
// eslint-disable-next-line no-var -- only a var is a property of globalThis
declare var packageUrl: (name: string) => string;

/** scripts/runtimes/probes/probe.mjs. */
declare module "node-probe" {
  export function answer(body: () => unknown): Promise<string>;
}
