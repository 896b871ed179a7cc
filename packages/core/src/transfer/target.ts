/**
 * The types by which the arguments and the result of a call follow from what is called. They hold no code.
 *
 * TypeScript prefers what it infers from one place to what it infers from another. The places here are arranged so that
 *   1. a function's own parameters decide, and its arguments are only held against them: a wrong argument is reported where it stands;
 *   2. where the function leaves its parameters open (`(x) => x`, generic functions), the arguments decide;
 *   3. the `call` that each function inherits decides nothing, though a function looks like an object with a `call` method.
 */

/** The same arguments, readonly. Inference through a mapped type counts less than that from a function's parameters. */
export type ArgumentsOf<A extends readonly unknown[]> = { readonly [K in keyof A]: A[K] };

/** All arguments but the last one; all, if there may be any number of them. */
export type ButLast<A extends readonly unknown[]> = number extends A["length"]
  ? A
  : Required<A> extends readonly [...infer Rest, unknown]
    ? Rest
    : [];

/** What may be handed over as `kwargs`: the last argument, as far as it is an object. */
export type Keywords<A extends readonly unknown[]> = unknown extends Last<A> ? object : Extract<Last<A>, object>;

type Last<A extends readonly unknown[]> = number extends A["length"]
  ? A[number]
  : Required<A> extends readonly [...unknown[], infer L]
    ? L
    : never;

/** The same type. Inference through an intersection counts less than that from the bare name. */
type Weak<T> = T & ([T] extends [never] ? unknown : unknown);

/** The same arguments. Inference of parameters through a conditional type counts least of all. */
type Weakest<A extends readonly unknown[]> = [A] extends [never] ? A : A;

/** An object of an exposed class with a `call` method. Functions have one too, but are not meant: hence `apply`. */
export type CallableObject<A extends readonly unknown[], R> = {
  /** What is called, in the other thread. */
  call(...args: A): R | PromiseLike<R>;
  /** There is none: functions have a `call`, too, but that is not what is meant. */
  readonly apply?: never;
};

/**
 * Nothing, as long as TypeScript does not know the arguments. Only if a function is all that it can expect does it infer through
 * generic functions.
 */
type ObjectOnceKnown<A extends readonly unknown[], R> = A extends unknown
  ? readonly unknown[] extends A
    ? undefined
    : CallableObject<Weakest<A>, Weak<R>>
  : never;

/** What can be run, sync or async: a function, or an object of an exposed class with a `call` method. */
export type Runnable<A extends readonly unknown[], R> =
  ((...args: A) => R | PromiseLike<R>) | NonNullable<ObjectOnceKnown<A, R>>;

/** What a function returns that must not be async: a promise is a type error. */
export type Sync<R> = R extends PromiseLike<unknown> ? never : R;
