export function awaitDeath(): never;
