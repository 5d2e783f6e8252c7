// A map from strings to values, kept in key order: a list of sorted chunks.
// A search is two binary searches; an insert or delete moves one short array. Keys and values lie in plain arrays,
// so an entry costs two words beyond itself. Order is that of `<` on strings (UTF-16 code units; for ASCII, bytes).

/** A chunk that grows beyond this many keys is split; neighbours that fit in half of it are joined. */
const MAX_CHUNK = 512

interface Chunk<V> {
  readonly keys: string[]
  readonly values: V[]
}

export class OrderedMap<V> {
  readonly #chunks: Chunk<V>[] = []
  #size = 0

  get size(): number {
    return this.#size
  }

  get(key: string): V | undefined {
    const chunk = this.#chunks[this.#chunkFor(key)]
    if (!chunk) return undefined
    const at = lowerBound(chunk.keys, key)
    return chunk.keys[at] === key ? chunk.values[at] : undefined
  }

  /** The value of the greatest key that is not beyond `key`. */
  floor(key: string): V | undefined {
    const chunk = this.#chunks[this.#chunkFor(key)]
    if (!chunk) return undefined
    const at = lowerBound(chunk.keys, key)
    return chunk.keys[at] === key ? chunk.values[at] : chunk.values[at - 1]
  }

  /** Returns the value that was there before. */
  set(key: string, value: V): V | undefined {
    const index = this.#chunkFor(key)
    const chunk = this.#chunks[index]
    if (!chunk) {
      this.#chunks.push({ keys: [key], values: [value] })
      this.#size++
      return undefined
    }
    const at = lowerBound(chunk.keys, key)
    if (chunk.keys[at] === key) {
      const previous = chunk.values[at]
      chunk.values[at] = value
      return previous
    }
    chunk.keys.splice(at, 0, key)
    chunk.values.splice(at, 0, value)
    this.#size++
    if (chunk.keys.length > MAX_CHUNK) {
      const half = chunk.keys.length >>> 1
      this.#chunks.splice(index + 1, 0, { keys: chunk.keys.splice(half), values: chunk.values.splice(half) })
    }
    return undefined
  }

  /** Returns the value that was removed. */
  delete(key: string): V | undefined {
    const index = this.#chunkFor(key)
    const chunk = this.#chunks[index]
    if (!chunk) return undefined
    const at = lowerBound(chunk.keys, key)
    if (chunk.keys[at] !== key) return undefined
    chunk.keys.splice(at, 1)
    const [removed] = chunk.values.splice(at, 1)
    this.#size--
    if (chunk.keys.length === 0) this.#chunks.splice(index, 1)
    else if (!this.#join(index)) this.#join(index - 1)
    return removed
  }

  /** How many keys lie in `[start, end)`. */
  count(start: string, end: string): number {
    return start < end ? this.#rank(end) - this.#rank(start) : 0
  }

  /** The values of `[start, end)` in key order, at most `limit` of them. */
  slice(start: string, end: string, limit = Number.POSITIVE_INFINITY): V[] {
    const found: V[] = []
    for (let index = this.#chunkFor(start); index < this.#chunks.length && found.length < limit; index++) {
      const { keys, values } = this.#chunks[index]!
      const from = lowerBound(keys, start)
      const to = Math.min(lowerBound(keys, end), from + limit - found.length)
      for (let at = from; at < to; at++) found.push(values[at]!)
      if (to < keys.length && keys[to]! >= end) break
    }
    return found
  }

  /** The entries of `[start, end)` in key order. The map must not change while they are drawn. */
  *entries(start: string, end: string): Generator<readonly [key: string, value: V]> {
    for (let index = this.#chunkFor(start); index < this.#chunks.length; index++) {
      const { keys, values } = this.#chunks[index]!
      for (let at = lowerBound(keys, start); at < keys.length; at++) {
        if (keys[at]! >= end) return
        yield [keys[at]!, values[at]!]
      }
    }
  }

  /** The last chunk that begins at or before `key`; the first one when all begin after it. */
  #chunkFor(key: string): number {
    let low = 0
    let high = this.#chunks.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#chunks[middle]!.keys[0]! <= key) low = middle + 1
      else high = middle
    }
    return Math.max(0, low - 1)
  }

  /** How many keys lie before `key`. */
  #rank(key: string): number {
    const index = this.#chunkFor(key)
    let before = 0
    for (let i = 0; i < index; i++) before += this.#chunks[i]!.keys.length
    const chunk = this.#chunks[index]
    return chunk ? before + lowerBound(chunk.keys, key) : 0
  }

  #join(index: number): boolean {
    const left = this.#chunks[index]
    const right = this.#chunks[index + 1]
    if (!left || !right || left.keys.length + right.keys.length > MAX_CHUNK / 2) return false
    left.keys.push(...right.keys)
    left.values.push(...right.values)
    this.#chunks.splice(index + 1, 1)
    return true
  }
}

/** The first position whose key is not before `key`. */
function lowerBound(keys: readonly string[], key: string): number {
  let low = 0
  let high = keys.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (keys[middle]! < key) low = middle + 1
    else high = middle
  }
  return low
}
