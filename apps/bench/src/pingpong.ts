/** Two threads that pass the turn to each other. */
import type { ConditionKind } from "./conditions.js";
import { type GroupContestant, type Participant, type RoundBody, threadGroup } from "./thread-group.js";

/** How a side waits for its turn, and passes it on. */
export interface Sides {
  readonly await: (me: number) => void;
  readonly pass: (other: number) => void;
}

export interface PingPong<S> {
  readonly make: () => S;
  readonly open: (shared: S) => Sides | Promise<Sides>;
}

/** us one way. */
export function pingpong<S>({ make, open }: PingPong<S>): GroupContestant<{ last: Int32Array; sides: S }, number> {
  return threadGroup({
    participants: () => 2,
    share: () => ({ last: new Int32Array(new SharedArrayBuffer(4)), sides: make() }),
    async enter({ last, sides }): Promise<RoundBody> {
      const { await: awaitTurn, pass } = await open(sides);
      const lead = (me: Participant): number => {
        const begin = performance.now();
        let rounds = 0;
        for (last[0] = 0; last[0] === 0; rounds++) {
          if (me.stopped()) last[0] = 1;
          pass(1);
          awaitTurn(0);
        }
        return ((performance.now() - begin) * 1e3) / rounds / 2;
      };
      const follow = (): number => {
        let isLast: boolean;
        do {
          awaitTurn(1);
          isLast = last[0] === 1;
          pass(0);
        } while (!isLast);
        return 0;
      };
      return (me) => (me.index === 0 ? lead(me) : follow());
    },
    sample: ([usOneWay]) => usOneWay!,
  });
}

/** The same by a condition, and a word for whose turn it is. */
export function conditionPingPong(kind: ConditionKind): ReturnType<typeof pingpong> {
  return pingpong<{ turn: Int32Array; condition: unknown }>({
    make: () => ({ turn: new Int32Array(new SharedArrayBuffer(4)), condition: kind.make() }),
    open: async ({ turn, condition }) => {
      const { acquire, release, wait, notify } = await kind.open(condition);
      return {
        await: (me) => {
          acquire();
          while (turn[0] !== me) wait();
          release();
        },
        pass: (other) => {
          acquire();
          turn[0] = other;
          notify(1);
          release();
        },
      };
    },
  });
}
