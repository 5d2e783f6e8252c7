// What `JSON.parse` does not tell: where a key stands twice (strict field validation reports it), and what is wrong with
// malformed text in the words of Go's decoder, which the API's clients show. One scanner does both; it keeps its own
// stack, so deep nesting cannot exhaust the call stack.

export type JsonScan = { readonly ok: true; readonly duplicateFields: readonly string[] } | { readonly ok: false; readonly error: string }

/** Nesting that the API accepts. */
const maxDepth = 10_000

/** `duplicateFields` are paths such as `spec.containers[0].image`, each once, in the order of the text. */
export function scanJson(text: string): JsonScan {
  const scanner = new Scanner(text)
  try {
    return { ok: true, duplicateFields: scanner.run() }
  } catch (error) {
    if (error instanceof Malformed) return { ok: false, error: error.message }
    throw error
  }
}

class Malformed extends Error {}

interface Level {
  readonly keys: Set<string> | undefined
  key: string
  index: number
}

class Scanner {
  readonly #text: string
  #at = 0
  readonly #levels: Level[] = []
  readonly #duplicates = new Set<string>()

  constructor(text: string) {
    this.#text = text
  }

  run(): string[] {
    do this.#value()
    while (this.#continues())
    this.#space()
    if (this.#at < this.#text.length) this.#fail('after top-level value')
    return [...this.#duplicates]
  }

  /** Reads a scalar, or opens lists and objects down to the first scalar or empty one. */
  #value(): void {
    for (;;) {
      this.#space()
      const char = this.#text[this.#at]
      if (char === '{') {
        if (!this.#open(new Set(), '}')) return
        this.#key()
      } else if (char === '[') {
        if (!this.#open(undefined, ']')) return
      } else {
        this.#scalar(char)
        return
      }
    }
  }

  /** After a value: closes what ends here. True when another value follows. */
  #continues(): boolean {
    for (;;) {
      const level = this.#levels.at(-1)
      if (!level) return false
      this.#space()
      const char = this.#text[this.#at]
      const close = level.keys ? '}' : ']'
      if (char === ',') {
        this.#at++
        if (level.keys) this.#key()
        else level.index++
        return true
      }
      if (char !== close) this.#fail(level.keys ? 'after object key:value pair' : 'after array element')
      this.#at++
      this.#levels.pop()
    }
  }

  /** False when the list or object is empty, and so already closed. */
  #open(keys: Set<string> | undefined, close: string): boolean {
    this.#at++
    if (this.#levels.length >= maxDepth) throw new Malformed('exceeded max depth')
    this.#space()
    if (this.#text[this.#at] === close) {
      this.#at++
      return false
    }
    this.#levels.push({ keys, key: '', index: 0 })
    return true
  }

  #key(): void {
    this.#space()
    if (this.#text[this.#at] !== '"') this.#fail('looking for beginning of object key string')
    const start = this.#at
    this.#string()
    const level = this.#levels.at(-1)
    if (level?.keys) {
      const { keys } = level
      level.key = unquote(this.#text.slice(start + 1, this.#at - 1))
      if (keys.has(level.key)) this.#duplicates.add(this.#path())
      keys.add(level.key)
    }
    this.#space()
    if (this.#text[this.#at] !== ':') this.#fail('after object key')
    this.#at++
  }

  #path(): string {
    return this.#levels.reduce((path, level) => (level.keys ? `${path}${path && '.'}${level.key}` : `${path}[${level.index}]`), '')
  }

  #scalar(char: string | undefined): void {
    if (char === '"') this.#string()
    else if (char === 't') this.#literal('true')
    else if (char === 'f') this.#literal('false')
    else if (char === 'n') this.#literal('null')
    else if (char === '-' || (char !== undefined && char >= '0' && char <= '9')) this.#number()
    else this.#fail('looking for beginning of value')
  }

  #literal(word: string): void {
    for (const expected of word) {
      if (this.#text[this.#at] !== expected) this.#fail(`in literal ${word} (expecting '${expected}')`)
      this.#at++
    }
  }

  #number(): void {
    if (this.#text[this.#at] === '-') this.#at++
    if (this.#text[this.#at] === '0') this.#at++
    else this.#digits('in numeric literal')
    if (this.#text[this.#at] === '.') {
      this.#at++
      this.#digits('after decimal point in numeric literal')
    }
    if (this.#text[this.#at] === 'e' || this.#text[this.#at] === 'E') {
      this.#at++
      if (this.#text[this.#at] === '+' || this.#text[this.#at] === '-') this.#at++
      this.#digits('in exponent of numeric literal')
    }
  }

  #digits(context: string): void {
    const start = this.#at
    let code = this.#text.charCodeAt(start)
    while (code >= 0x30 && code <= 0x39) code = this.#text.charCodeAt(++this.#at)
    if (this.#at === start) this.#fail(context)
  }

  #string(): void {
    this.#at++
    for (;;) {
      let at = this.#at
      let code = this.#text.charCodeAt(at)
      while (code >= 0x20 && code !== 0x22 && code !== 0x5c) code = this.#text.charCodeAt(++at)
      this.#at = at
      const char = this.#text[this.#at]
      if (char === '"') {
        this.#at++
        return
      }
      if (char !== '\\') this.#fail('in string literal')
      this.#at++
      this.#escape()
    }
  }

  #escape(): void {
    const char = this.#text[this.#at]
    if (char === undefined || !'"\\/bfnrtu'.includes(char)) this.#fail('in string escape code')
    this.#at++
    if (char !== 'u') return
    for (let i = 0; i < 4; i++, this.#at++) {
      if (!/^[0-9a-fA-F]$/.test(this.#text[this.#at] ?? '')) this.#fail('in \\u hexadecimal character escape')
    }
  }

  #space(): void {
    let code = this.#text.charCodeAt(this.#at)
    while (code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09) code = this.#text.charCodeAt(++this.#at)
  }

  #fail(context: string): never {
    const rest = this.#text.codePointAt(this.#at)
    if (rest === undefined) throw new Malformed('unexpected end of JSON input')
    throw new Malformed(`invalid character ${quoteChar(rest)} ${context}`)
  }
}

function unquote(inner: string): string {
  if (!inner.includes('\\')) return inner
  const value: unknown = JSON.parse(`"${inner}"`)
  return String(value)
}

/** Go looks at bytes, so of a character beyond ASCII it shows the first byte of its UTF-8 form. */
function quoteChar(codePoint: number): string {
  const char = String.fromCodePoint(codePoint)
  if (char === "'") return `'\\''`
  if (char === '"') return `'"'`
  const byte = String.fromCharCode(Buffer.from(char)[0] ?? 0)
  return `'${JSON.stringify(byte).slice(1, -1)}'`
}
