/**
 * Registrations of this copy. They run only if this copy works for all copies; see first.ts.
 */

const registrations: (() => void)[] = [];

/** Postpones a registration: without delay this copy might revive objects of another copy. */
export function whenFirst(register: () => void): void {
  registrations.push(register);
}

export function registerKinds(): void {
  for (const register of registrations.splice(0)) register();
}
