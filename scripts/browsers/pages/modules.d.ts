/** What the bundle puts in the place of these names; see ../bundle.ts. */
declare module "tests:files" {
  /** Imports a file of tests, by its path in the repository. */
  export const FILES: Readonly<Record<string, () => Promise<unknown>>>;
}

/** Stands for `import.meta.resolve` in the tests: the address of a package. */
// eslint-disable-next-line no-var -- only a var is a property of globalThis
declare var packageUrl: (name: string) => string;
