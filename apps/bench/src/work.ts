/** Keeps a core busy, about 1 ns a turn; the result depends on every one of them. */
export function work(turns: number, x: number = 1): number {
  for (let i = 0; i < turns; i++) x = (Math.imul(x, 1103515245) + 12345) | 0;
  return x;
}
