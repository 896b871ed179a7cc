/** docs/names.json: each name of CPython's `threading`, `_thread` and `queue` has a counterpart or a reason, and so has each of ours. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import * as threading from "@x/threading";
import { describe, expect, it } from "vitest";

interface Row {
  readonly python?: string | string[];
  readonly here?: string | string[];
  readonly note?: string;
}
interface Section {
  readonly title: string;
  readonly python?: string;
  readonly class?: string;
  readonly like?: string[];
  readonly rows: readonly Row[];
}

const sections = JSON.parse(
  readFileSync(new URL("../../../docs/names.json", import.meta.url), "utf8"),
) as readonly Section[];
const classes = sections.filter((section) => section.class !== undefined);
const modules = sections.filter(
  ({ title, class: name }) => name === undefined && !sections.some(({ like }) => like?.includes(title)),
);

/** `threading.__all__` of CPython 3.15, further public names of it, and the names of `_thread` and `queue`. */
const PYTHON: Readonly<Record<string, string[]>> = {
  threading: [
    ...["get_ident", "active_count", "Condition", "current_thread", "enumerate", "main_thread", "TIMEOUT_MAX", "Event"],
    ...["Lock", "RLock", "Semaphore", "BoundedSemaphore", "Thread", "Barrier", "BrokenBarrierError", "Timer"],
    ...["ThreadError", "setprofile", "settrace", "local", "stack_size", "excepthook", "ExceptHookArgs", "gettrace"],
    ...["getprofile", "serialize_iterator", "synchronized_iterator", "concurrent_tee", "setprofile_all_threads"],
    ...["settrace_all_threads", "get_native_id"],
    ...["__excepthook__", "activeCount", "currentThread", "_register_atexit"],
  ],
  _thread: [
    ...["start_new_thread", "start_new", "start_joinable_thread", "_ThreadHandle", "allocate_lock", "allocate"],
    ...["LockType", "lock", "RLock", "exit", "exit_thread", "interrupt_main", "get_ident", "get_native_id"],
    ...["stack_size", "TIMEOUT_MAX", "error", "_count", "set_name"],
  ],
  queue: ["Queue", "LifoQueue", "PriorityQueue", "SimpleQueue", "Empty", "Full", "ShutDown"],
  futures: [
    ...["FIRST_COMPLETED", "FIRST_EXCEPTION", "ALL_COMPLETED", "CancelledError", "TimeoutError", "InvalidStateError"],
    ...["BrokenExecutor", "Future", "Executor", "wait", "as_completed"],
    ...["ProcessPoolExecutor", "ThreadPoolExecutor", "InterpreterPoolExecutor"],
  ],
  pool: [
    ...["Pool", "ThreadPool"],
    ...["AsyncResult", "ApplyResult", "MapResult", "IMapIterator", "IMapUnorderedIterator"],
  ],
  Lock: ["acquire", "release", "locked", "with", "acquire_lock", "release_lock", "locked_lock"],
  RLock: ["acquire", "release", "locked", "with"],
  Condition: ["acquire", "release", "locked", "with", "wait", "wait_for", "notify", "notify_all", "notifyAll"],
  Semaphore: ["acquire", "release", "with"],
  BoundedSemaphore: [],
  Event: ["is_set", "isSet", "set", "clear", "wait"],
  Barrier: ["wait", "reset", "abort", "parties", "n_waiting", "broken"],
  Queue: [
    ...["put", "put_nowait", "get", "get_nowait", "qsize", "empty", "full", "maxsize", "task_done", "join"],
    ...["unfinished_tasks", "shutdown", "is_shutdown"],
  ],
  LifoQueue: [],
  PriorityQueue: [],
  SimpleQueue: ["put", "put_nowait", "get", "get_nowait", "qsize", "empty"],
  ThreadPoolExecutor: ["submit", "map", "shutdown", "with"],
  Future: [
    ...["cancel", "cancelled", "running", "done", "result", "exception", "add_done_callback"],
    ...["set_running_or_notify_cancel", "set_result", "set_exception"],
  ],
  Pool: [
    ...["apply", "apply_async", "map", "map_async", "starmap", "starmap_async", "imap", "imap_unordered"],
    ...["close", "terminate", "join", "with"],
  ],
  Thread: [
    ...["start", "run", "join", "is_alive", "name", "ident", "native_id", "daemon"],
    ...["isDaemon", "setDaemon", "getName", "setName"],
  ],
  Timer: ["cancel", "interval", "function", "args", "kwargs", "finished"],
  Local: ["__dict__"],
};

/** The bare names in a cell: `new Lock(place?)`, `Lock.from(handle)` and `wait_for(predicate)` give Lock, from and wait_for. */
function namesIn(cell: string | string[] | undefined): string[] {
  return [cell ?? []].flat().map((text) => /^(?:new )?(?:\w+\.)?(\w+)/.exec(text)?.[1] ?? text);
}

function namesOf(of: readonly Section[], column: "python" | "here"): string[] {
  return of.flatMap(({ rows }) => rows.flatMap((row) => namesIn(row[column])));
}

/** The section, and the sections whose rows also hold for it. */
function family(section: Section): Section[] {
  return [section, ...sections.filter(({ title }) => section.like?.includes(title))];
}

/** Every export of our index with its public members, without `@internal` ones, by TypeScript's checker. */
const exported = ((): ReadonlyMap<string, readonly string[]> => {
  const file = fileURLToPath(new URL("../src/index.ts", import.meta.url));
  const program = ts.createProgram([file], {
    ...{ target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.NodeNext, noEmit: true, types: ["node"] },
    ...{ customConditions: ["@x/source"], moduleResolution: ts.ModuleResolutionKind.NodeNext },
    lib: ["lib.es2022.d.ts", "lib.es2024.sharedmemory.d.ts", "lib.esnext.disposable.d.ts", "lib.dom.d.ts"],
  });
  const checker = program.getTypeChecker();
  const hidden = ts.ModifierFlags.Private | ts.ModifierFlags.Protected;
  const isPublic = (symbol: ts.Symbol): boolean =>
    /^[a-zA-Z]\w*$/.test(symbol.name) &&
    symbol.name !== "prototype" &&
    !symbol.getJsDocTags(checker).some(({ name }) => name === "internal") &&
    !symbol.declarations?.some((it) => (ts.getCombinedModifierFlags(it) & hidden) !== 0);
  const members = (symbol: ts.Symbol): string[] => {
    const real = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
    if ((real.flags & ts.SymbolFlags.Class) === 0) return [];
    const all = [checker.getDeclaredTypeOfSymbol(real), checker.getTypeOfSymbol(real)];
    return all.flatMap((type) =>
      checker
        .getPropertiesOfType(type)
        .filter(isPublic)
        .map(({ name }) => name),
    );
  };
  const index = checker.getSymbolAtLocation(program.getSourceFile(file) as ts.SourceFile) as ts.Symbol;
  return new Map(checker.getExportsOfModule(index).map((symbol) => [symbol.name, members(symbol)]));
})();

describe("docs/names.json", () => {
  it.each(sections)("$title: a name without a counterpart has a reason", ({ rows }) => {
    const bare = rows.filter(({ python, here, note }) => (python === undefined || here === undefined) && !note);
    expect(bare).toEqual([]);
  });

  it.each(modules.filter(({ python }) => python !== undefined))(
    "B198: $title: lists all names of CPython's module, each once, and no others",
    ({ python, rows }) => {
      const listed = rows.flatMap((row) => namesIn(row.python));
      expect(listed.sort()).toEqual([...PYTHON[python!]!].sort());
    },
  );

  it.each(classes)("B198: $title: lists all members of CPython's class", (section) => {
    const listed = namesOf(family(section), "python");
    expect(PYTHON[section.class!]!.filter((name) => !listed.includes(name))).toEqual([]);
  });
});

/** The classes of @x/shared. */
const SHARED = [
  ...["SharedArray", "SharedCounter", "SharedLock", "SharedMap", "SharedObject", "SharedSet", "SharedValue"],
  ...["Struct", "StructArray", "StructHandle"],
];

describe("our index", () => {
  const listed = new Set(namesOf(modules, "here"));

  it("exports exactly the names and types of docs/names.json", () => {
    expect([...exported.keys()].sort()).toEqual([...listed].sort());
  });

  it("exports at run time exactly the names that are no types", () => {
    const isType = ({ note }: Row): boolean => /^(a type|types)\b/.test(note ?? "");
    const values = modules.flatMap(({ rows }) =>
      rows.filter((row) => !isType(row)).flatMap((row) => namesIn(row.here)),
    );
    expect(Object.keys(threading).sort()).toEqual([...new Set(values)].sort());
  });

  it("has a table in docs/names.json for each class with members of its own", () => {
    const withMembers = [...exported].filter(([, members]) => members.length > 0).map(([name]) => name);
    const rest = [
      ...["ThreadError", "TimeoutError", "BrokenBarrierError", "DeadlockError", "OwnerDiedError", "Held"],
      ...["Empty", "Full", "ShutDown"],
      ...["BrokenExecutor", "CancelledError", "InvalidStateError"],
      ...SHARED, // not in Python
    ];
    expect(withMembers.filter((name) => !rest.includes(name)).sort()).toEqual(
      classes
        .map((section) => section.class)
        .filter((name) => name !== "Local")
        .sort(),
    );
  });

  it.each(classes)("$title: has exactly the members of docs/names.json", (section) => {
    const listed = namesOf(family(section), "here").filter((name) => name !== section.class);
    const own = namesOf([section], "here").filter((name) => name !== section.class);
    const there = exported.get(section.class!)!;
    expect(there.filter((name) => !listed.includes(name))).toEqual([]);
    expect(own.filter((name) => !there.includes(name))).toEqual([]);
  });
});
