/** Keeps a core busy, about 1 ns a turn. The result depends on every turn, so V8 cannot remove any. */
export function work(turns: number, x: number = 1): number {
  for (let i = 0; i < turns; i++) x = (Math.imul(x, 1103515245) + 12345) | 0;
  return x;
}
