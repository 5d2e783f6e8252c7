// Least and most of a size or a cost. Whatever is beyond 64 bits is as good as without bound.

export interface Range {
  readonly min: number
  readonly max: number
}
export type CostRange = Range

export const most = 2 ** 64
const clamp = (n: number): number => (n >= most || Number.isNaN(n) ? most : n)

export const fixed = (n: number): Range => ({ min: n, max: n })
export const range = (min: number, max: number): Range => ({ min, max: clamp(max) })
export const unknown: Range = { min: 0, max: most }
export const zero: Range = fixed(0)
export const add = (a: Range, b: Range): Range => range(a.min + b.min, a.max + b.max)
export const sumOf = (ranges: readonly Range[]): Range => ranges.reduce(add, zero)
export const multiply = (a: Range, b: Range): Range => range(a.min * b.min, a.max === 0 || b.max === 0 ? 0 : a.max * b.max)
export const scale = (a: Range, factor: number): Range => range(Math.ceil(a.min * factor), a.max >= most ? most : Math.ceil(a.max * factor))
export const union = (a: Range, b: Range): Range => range(Math.min(a.min, b.min), Math.max(a.max, b.max))
