import { contended } from "../contended.js";
import { type Mutex, MUTEXES } from "../mutexes.js";
import { c, type Row } from "../row.js";

const PROFILES = ["0/0", "100/0", "200/30", "300/100", "1000/100", "1000/300", "3000/1000"] as const;
type Profile = (typeof PROFILES)[number];

const compete = (mutex: Mutex): ReturnType<typeof contended<Profile>> =>
  contended<Profile>(
    mutex,
    () => 2,
    (profile) => {
      const [think, hold] = profile.split("/").map(Number) as [number, number];
      return { think, hold };
    },
  );

export const row: Row<Profile> = {
  title: "Lock: two threads that work outside and under it, so many turns of a loop of about 1 ns",
  unit: "million acquires a second",
  better: "more",
  limit: "As before; a late wake-up costs more, the longer the lock is held.",
  axis: { name: "outside/under", points: PROFILES },
  ms: 80,
  rounds: 5,
  cores: 2,
  contestants: {
    ours: compete(MUTEXES.ours),
    "raw Atomics": compete(MUTEXES.raw),
    pthread: c("contended.c", "mutex", "throughput"),
  },
};
