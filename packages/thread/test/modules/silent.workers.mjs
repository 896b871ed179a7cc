/** Exposes nothing. */
export function f() {}
