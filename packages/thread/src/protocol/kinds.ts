/**
 * Registrations of this copy, run only if it is the copy that works for all copies; see first.ts.
 */

const registrations: (() => void)[] = [];

/** Postpones a registration by which this copy would revive objects of another copy. */
export function whenFirst(register: () => void): void {
  registrations.push(register);
}

export function registerKinds(): void {
  for (const register of registrations.splice(0)) register();
}
