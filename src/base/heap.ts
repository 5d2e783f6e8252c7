// A priority queue whose entries can be found and taken out by key.

export class Heap<T> {
  readonly #keyOf: (entry: T) => string
  readonly #compare: (a: T, b: T) => number
  readonly #entries: T[] = []
  readonly #positions = new Map<string, number>()

  /** The first entry is the one that compares below all others. Entries must not change their place while they are in. */
  constructor(keyOf: (entry: T) => string, compare: (a: T, b: T) => number) {
    this.#keyOf = keyOf
    this.#compare = compare
  }

  get size(): number {
    return this.#entries.length
  }
  has(key: string): boolean {
    return this.#positions.has(key)
  }
  peek(): T | undefined {
    return this.#entries[0]
  }
  /** An entry of the same key is replaced. */
  push(entry: T): void {
    this.remove(this.#keyOf(entry))
    this.#entries.push(entry)
    this.#up(this.#entries.length - 1)
  }
  pop(): T | undefined {
    const first = this.#entries[0]
    if (first !== undefined) this.remove(this.#keyOf(first))
    return first
  }
  remove(key: string): T | undefined {
    const at = this.#positions.get(key)
    if (at === undefined) return undefined
    const removed = this.#entries[at]
    const last = this.#entries.pop()!
    this.#positions.delete(key)
    if (at < this.#entries.length) {
      this.#put(last, at)
      this.#up(at)
      this.#down(this.#positions.get(this.#keyOf(last))!)
    }
    return removed
  }

  #up(start: number): void {
    const entry = this.#entries[start]!
    let at = start
    while (at > 0) {
      const parent = (at - 1) >>> 1
      if (this.#compare(entry, this.#entries[parent]!) >= 0) break
      this.#put(this.#entries[parent]!, at)
      at = parent
    }
    this.#put(entry, at)
  }
  #down(start: number): void {
    const entry = this.#entries[start]!
    let at = start
    for (;;) {
      let child = 2 * at + 1
      if (child >= this.#entries.length) break
      if (child + 1 < this.#entries.length && this.#compare(this.#entries[child + 1]!, this.#entries[child]!) < 0) child++
      if (this.#compare(entry, this.#entries[child]!) <= 0) break
      this.#put(this.#entries[child]!, at)
      at = child
    }
    this.#put(entry, at)
  }
  #put(entry: T, at: number): void {
    this.#entries[at] = entry
    this.#positions.set(this.#keyOf(entry), at)
  }
}
