/** Counts the words of a text on several threads, which fill one map. */
import { SharedCounter, SharedMap } from "@x/shared";
import { expose, Thread } from "@x/thread";

const TEXT = `
  the quick brown fox jumps over the lazy dog
  the dog sleeps and the fox runs
  a quick dog and a lazy fox meet the brown bear
  the bear sleeps`;

/** Counts the words of its lines: each thread takes every n-th line. */
function count(lines: readonly string[], counts: SharedMap<string, number>, total: SharedCounter): void {
  for (const line of lines) {
    for (const word of line.match(/\w+/g) ?? []) {
      counts.update(word, (n = 0) => n + 1);
      total.add();
    }
  }
}
expose({ count });

export function main({ threads = 4, times = 100 } = {}): void {
  const counts = new SharedMap<string, number>();
  const total = new SharedCounter();
  const lines = TEXT.repeat(times).trim().split("\n");
  const counters = Array.from({ length: threads }, (_, nth) => {
    const its = lines.filter((_line, i) => i % threads === nth);
    return new Thread({ target: count, args: [its, counts, total] }).start();
  });
  for (const counter of counters) counter.join();

  const first = [...counts].sort(([one, n], [other, m]) => m - n || (one < other ? -1 : 1)).slice(0, 5);
  for (const [word, n] of first) console.log(`${word.padEnd(6)} ${n}`);
  console.log(`${total.value} words, ${counts.size} different`);
}
