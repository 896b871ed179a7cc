/** The packages of the repository, for its tests. */
export * from "../scripts/packages.ts";
