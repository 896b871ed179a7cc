/**
 * The types of a target, its arguments and its result. No code.
 *
 * TypeScript ranks the places from which it infers a type. The types here arrange the places so
 * that
 *   1. a function's own parameters decide, and the arguments are checked against them: the error is at the
 *      wrong argument;
 *   2. if the parameters are open (`(x) => x`, generic functions), the arguments decide;
 *   3. the inherited `call` of a function decides nothing, though a function looks like an object with a
 *      `call` method.
 */

/**
 * The same arguments, readonly. Inference through a mapped type ranks below a function's
 * parameters.
 */
export type ArgumentsOf<A extends readonly unknown[]> = { readonly [K in keyof A]: A[K] };

/** All arguments but the last; all, if their number is open. */
export type ButLast<A extends readonly unknown[]> = number extends A["length"]
  ? A
  : Required<A> extends readonly [...infer Rest, unknown]
    ? Rest
    : [];

/** The type of `kwargs`: the last argument, if it is an object. */
export type Keywords<A extends readonly unknown[]> = unknown extends Last<A> ? object : Extract<Last<A>, object>;

type Last<A extends readonly unknown[]> = number extends A["length"]
  ? A[number]
  : Required<A> extends readonly [...unknown[], infer L]
    ? L
    : never;

/** The same type. Inference through an intersection ranks below the bare name. */
type Weak<T> = T & ([T] extends [never] ? unknown : unknown);

/** The same arguments. Inference through a conditional type ranks last. */
type Weakest<A extends readonly unknown[]> = [A] extends [never] ? A : A;

/**
 * An object of an exposed class with a `call` method. `apply` excludes functions, which have a
 * `call`, too.
 */
type CallableObject<A extends readonly unknown[], R> = {
  /** The method that the other thread calls. */
  call(...args: A): R | PromiseLike<R>;
  /** Excludes functions, which have a `call`, too. */
  readonly apply?: never;
};

/**
 * Undefined while TypeScript does not know the arguments, because it infers through generic
 * functions only if it can expect nothing but a function.
 */
type ObjectOnceKnown<A extends readonly unknown[], R> = A extends unknown
  ? readonly unknown[] extends A
    ? undefined
    : CallableObject<Weakest<A>, Weak<R>>
  : never;

/** A function, or an object of an exposed class with a `call` method; sync or async. */
export type ThreadTarget<A extends readonly unknown[], R> =
  ((...args: A) => R | PromiseLike<R>) | NonNullable<ObjectOnceKnown<A, R>>;

/** The result of a function that must not be async: a promise is a type error. */
export type Sync<R> = R extends PromiseLike<unknown> ? never : R;
