/** The iterator of `map`. It blocks. */
import { Deadline } from "@x/core";
import type { TransferableCallable } from "@x/core/internal";
import type { Future } from "./future.js";
import type { Row } from "./map-calls.js";
import type { Checked } from "./map-options.js";
import { END, Mapping, type MapTask, valueOf } from "./mapping.js";
import { waitUntil } from "./waiting.js";

export class MapIterator<R> implements IterableIterator<R> {
  readonly #mapping: Mapping;
  readonly #rows: Iterator<Row>;
  readonly #submit: (task: MapTask) => Future<unknown>;
  readonly #timeout: number;
  readonly #deadline: Deadline;

  /** Submits calls while there is room. @throws the errors of `submit` for the first call */
  constructor(
    submit: (task: MapTask) => Future<unknown>,
    target: TransferableCallable,
    rows: Iterator<Row>,
    options: Checked,
  ) {
    this.#submit = submit;
    this.#mapping = new Mapping(target, options, () => undefined);
    this.#rows = rows;
    this.#timeout = options.timeout;
    this.#deadline = Deadline.after(options.timeout);
    this.#fill();
    this.#mapping.throwIfRefused();
  }

  [Symbol.iterator](): this {
    return this;
  }

  next(): IteratorResult<R, undefined> {
    const mapping = this.#mapping;
    if (!mapping.isReady()) {
      if (mapping.line.size === 0) return mapping.end();
      const isDone = waitUntil(mapping.line.sources, mapping.isReady, this.#deadline, "executor", "mapAsync()");
      if (!isDone) {
        this.#rows.return?.();
        throw mapping.late(this.#timeout);
      }
    }
    const outcome = mapping.take()!;
    this.#fill();
    return valueOf(outcome) as IteratorYieldResult<R>;
  }

  return(): IteratorResult<R, undefined> {
    this.#mapping.stop();
    this.#rows.return?.();
    return END;
  }

  #fill(): void {
    const mapping = this.#mapping;
    while (mapping.hasRoom) {
      const rows: Row[] = [];
      try {
        while (rows.length < mapping.chunksize) {
          const step = this.#rows.next();
          if (step.done === true) {
            mapping.hasEnded = true;
            break;
          }
          rows.push(step.value);
        }
      } catch (error) {
        mapping.fail(error);
      }
      if (rows.length === 0) return;
      try {
        mapping.submitted(this.#submit(mapping.taskOf(rows)), rows);
      } catch (error) {
        mapping.refused(error, rows);
      }
    }
  }
}
