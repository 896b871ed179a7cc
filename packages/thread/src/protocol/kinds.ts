/** What this copy does once it is known to be the one that works for all copies; see entry.ts. */

const registrations: (() => void)[] = [];

/** Puts off what would have another copy's objects revived by this one. */
export function whenFirst(register: () => void): void {
  registrations.push(register);
}

export function registerKinds(): void {
  for (const register of registrations.splice(0)) register();
}
