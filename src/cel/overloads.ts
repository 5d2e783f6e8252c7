// How a library declares a function: its signature in CEL's own words, from which the TypeScript types of its
// implementation follow.
import type { Meter } from './equality.ts'
import { parseType, type Type } from './types.ts'
import type { CelMap, Duration, List, Optional, Timestamp, TypeValue, Uint, Value } from './values.ts'

export interface Overload {
  readonly name: string
  /** Called as `target.name(...)`; the target is the first of the parameters. */
  readonly member: boolean
  readonly params: readonly Type[]
  readonly result: Type
  /** The arguments, and who pays for work that the cost does not cover. */
  readonly run: (...args: readonly unknown[]) => Value
  /** What a call costs, known from its arguments before it is made; 1 where it is absent. */
  readonly cost?: (...args: readonly unknown[]) => number
}

/** Functions by name. */
export type Functions = ReadonlyMap<string, readonly Overload[]>

interface Natives {
  readonly string: string
  readonly int: bigint
  readonly uint: Uint
  readonly double: number
  readonly bool: boolean
  readonly bytes: Uint8Array
  readonly timestamp: Timestamp
  readonly duration: Duration
  readonly null: null
  readonly type: TypeValue
}
type Native<T extends string, F> = T extends keyof F
  ? F[T]
  : T extends keyof Natives
    ? Natives[T]
    : T extends `list(${string}`
      ? List
      : T extends `map(${string}`
        ? CelMap
        : T extends `optional_type(${string}`
          ? Optional
          : Value
type Arguments<P extends readonly string[], F> = { -readonly [K in keyof P]: Native<P[K], F> }

/** The two ways to declare; `F` names the library's own types. */
export interface Declare<F> {
  readonly fn: <const P extends readonly string[], const R extends string>(
    name: string,
    params: P,
    result: R,
    run: (...args: [...Arguments<P, F>, Meter]) => Native<R, F>,
    cost?: (...args: Arguments<P, F>) => number,
  ) => Overload
  readonly method: <const T extends string, const P extends readonly string[], const R extends string>(
    target: T,
    name: string,
    params: P,
    result: R,
    run: (...args: [Native<T, F>, ...Arguments<P, F>, Meter]) => Native<R, F>,
    cost?: (...args: [Native<T, F>, ...Arguments<P, F>]) => number,
  ) => Overload
}

type Erased = Overload['run']
type ErasedCost = NonNullable<Overload['cost']>

export function declarations<F = Record<never, never>>(): Declare<F> {
  const make = (name: string, member: boolean, params: readonly string[], result: string, run: unknown, cost: unknown): Overload => ({
    name,
    member,
    params: params.map(parseType),
    result: parseType(result),
    run: run as Erased,
    ...(cost !== undefined && { cost: cost as ErasedCost }),
  })
  return {
    fn: (name, params, result, run, cost) => make(name, false, params, result, run, cost),
    method: (target, name, params, result, run, cost) => make(name, true, [target, ...params], result, run, cost),
  }
}

export function functionsOf(...libraries: readonly (readonly Overload[])[]): Functions {
  const functions = new Map<string, Overload[]>()
  for (const overload of libraries.flat()) {
    const known = functions.get(overload.name)
    if (known) known.push(overload)
    else functions.set(overload.name, [overload])
  }
  return functions
}
