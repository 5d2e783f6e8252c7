// Characters into tokens, by CEL's grammar.

export type TokenKind = 'end' | 'ident' | 'quoted' | 'int' | 'uint' | 'double' | 'string' | 'bytes' | 'op'
export interface Token {
  readonly kind: TokenKind
  /** As it is written. */
  readonly text: string
  readonly offset: number
  readonly value?: string | bigint | number | Uint8Array
}

/** The text cannot be read; caught in parser.ts. */
export class SyntaxFailure extends Error {
  override readonly name = 'SyntaxFailure'
  readonly offset: number
  constructor(offset: number, message: string) {
    super(`Syntax error: ${message}`)
    this.offset = offset
  }
}

const operators = /(?:&&|\|\||==|!=|<=|>=|[-+*/%!<>?:.,()[\]{}])/y
const space = /(?:[ \t\r\n\f]+|\/\/[^\n]*)+/y
const number = /(?:0x([0-9a-fA-F]+)([uU]?)|(\d+\.\d+(?:[eE][-+]?\d+)?|\d+[eE][-+]?\d+|\.\d+(?:[eE][-+]?\d+)?)|(\d+)([uU]?))/y
const ident = /[A-Za-z_][A-Za-z0-9_]*/y
const quotedIdent = /`([A-Za-z0-9_./ -]+)`/y
const stringStart = /([bB]?[rR]?|[rR][bB])("""|'''|"|')/y

export function tokenize(text: string): Token[] {
  const tokens: Token[] = []
  let at = 0
  const match = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at
    return pattern.exec(text)
  }
  while (true) {
    at += match(space)?.[0].length ?? 0
    if (at >= text.length) return [...tokens, { kind: 'end', text: '<EOF>', offset: at }]
    const start = match(stringStart)
    const found = (start && readString(text, at, start)) || readNumber(match(number), at) || readName(match(ident), match(quotedIdent), at)
    const op = found ? undefined : match(operators)?.[0]
    if (!found && op === undefined) throw new SyntaxFailure(at, `token recognition error at: '${[...text.slice(at, at + 2)][0]}'`)
    const token: Token = found || { kind: 'op', text: op ?? '', offset: at }
    tokens.push(token)
    at += token.text.length
  }
}

function readName(plain: RegExpExecArray | null, quoted: RegExpExecArray | null, offset: number): Token | undefined {
  if (plain) return { kind: 'ident', text: plain[0], offset, value: plain[0] }
  return quoted ? { kind: 'quoted', text: quoted[0], offset, value: quoted[1] ?? '' } : undefined
}

function readNumber(match: RegExpExecArray | null, offset: number): Token | undefined {
  if (!match) return undefined
  const [text, hex, hexUnsigned, double, digits, unsigned] = match
  if (double !== undefined) return { kind: 'double', text, offset, value: Number(double) }
  const value = BigInt(hex === undefined ? (digits ?? '0') : `0x${hex}`)
  const isUint = (hexUnsigned ?? '') !== '' || (unsigned ?? '') !== ''
  return { kind: isUint ? 'uint' : 'int', text, offset, value }
}

function readString(text: string, offset: number, start: RegExpExecArray): Token {
  const [opening, prefix = '', quote = ''] = start
  const raw = /[rR]/.test(prefix)
  const isBytes = /[bB]/.test(prefix)
  let at = offset + opening.length
  while (!text.startsWith(quote, at)) {
    const char = text[at]
    if (char === undefined || (quote.length === 1 && (char === '\n' || char === '\r')))
      throw new SyntaxFailure(offset, `token recognition error at: '${text.slice(offset, at)}'`)
    at += char === '\\' && !raw ? 2 : 1
  }
  const body = text.slice(offset + opening.length, at).replaceAll('\r\n', '\n')
  const written = text.slice(offset, at + quote.length)
  if (!isBytes) return { kind: 'string', text: written, offset, value: raw ? body : unescapeText(body, offset) }
  const value = raw ? new TextEncoder().encode(body) : unescapeBytes(body, offset)
  return { kind: 'bytes', text: written, offset, value }
}

const escapePattern = /\\(?:([abfnrtv\\?"'`])|[xX]([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-3][0-7]{2})|([\s\S]?))/g
const plainEscapes: Readonly<Record<string, string>> = { a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' }

function unescapeText(body: string, offset: number): string {
  if (!body.includes('\\')) return body
  return body.replace(escapePattern, (_, plain, hex, u4, u8, octal) => {
    if (plain !== undefined) return plainEscapes[plain] ?? plain
    const code = octal === undefined ? Number.parseInt(hex ?? u4 ?? u8 ?? 'none', 16) : Number.parseInt(octal, 8)
    if (!(code <= 0x10ffff) || (code >= 0xd800 && code <= 0xdfff)) throw new SyntaxFailure(offset, 'unable to unescape string')
    return String.fromCodePoint(code)
  })
}

/** In bytes `\x` and octal escapes are single bytes, all else is UTF-8. */
function unescapeBytes(body: string, offset: number): Uint8Array {
  const parts: Uint8Array[] = []
  const encoder = new TextEncoder()
  let at = 0
  for (const match of body.matchAll(escapePattern)) {
    const [whole, plain, hex, , , octal] = match
    parts.push(encoder.encode(body.slice(at, match.index)))
    at = match.index + whole.length
    if (plain !== undefined) parts.push(encoder.encode(plainEscapes[plain] ?? plain))
    else if (hex !== undefined) parts.push(Uint8Array.of(Number.parseInt(hex, 16)))
    else if (octal !== undefined) parts.push(Uint8Array.of(Number.parseInt(octal, 8)))
    else throw new SyntaxFailure(offset, 'unable to unescape bytes')
  }
  parts.push(encoder.encode(body.slice(at)))
  return Uint8Array.from(Buffer.concat(parts))
}
