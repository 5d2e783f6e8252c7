// URLs as Go's `url.ParseRequestURI` takes them: absolute, or a path from the root.
import { EvaluationError } from '../errors.ts'
import { declarations, type Overload } from '../overloads.ts'
import { opaque } from '../types.ts'
import { CelMap, type Foreign, List } from '../values.ts'

interface Parts {
  readonly scheme: string
  readonly host: string
  readonly path: string
  readonly query: string
}

export class UrlValue implements Foreign {
  readonly celType = urlType
  readonly parts: Parts
  readonly text: string
  constructor(text: string, parts: Parts) {
    this.text = text
    this.parts = parts
  }
  equals(other: Foreign): boolean {
    return other instanceof UrlValue && other.text === this.text
  }
}
const urlType = opaque('kubernetes.URL')
const { fn, method } = declarations<{ readonly 'kubernetes.URL': UrlValue }>()

export function readUrl(text: string): Parts | { readonly error: string } {
  const fail = (why: string) => ({ error: `parse ${JSON.stringify(text)}: ${why}` })
  if (text === '') return fail('empty url')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
  if (/[\x00-\x1f\x7f]/.test(text)) return fail('net/url: invalid control character in URL')
  if (/%(?![0-9a-fA-F]{2})/.test(text)) return fail(`invalid URL escape ${JSON.stringify(/%.{0,2}/.exec(text)?.[0] ?? '%')}`)
  const match = /^(?:([A-Za-z][A-Za-z0-9+.-]*):)?([^?]*)(?:\?(.*))?$/.exec(text)
  const [, scheme = '', rest = '', query = ''] = match ?? []
  if (scheme === '' ? !rest.startsWith('/') : rest === '') return fail('invalid URI for request')
  if (scheme !== '' && !rest.startsWith('/')) return { scheme: scheme.toLowerCase(), host: '', path: '', query }
  if (!rest.startsWith('//')) return { scheme: scheme.toLowerCase(), host: '', path: rest, query }
  const [, authority = '', path = ''] = /^\/\/([^/]*)(.*)$/.exec(rest) ?? []
  const host = authority.slice(authority.lastIndexOf('@') + 1)
  if (/[\s"<>\\^`{|}]/.test(host)) return fail(`invalid character ${JSON.stringify(/[\s"<>\\^`{|}]/.exec(host)?.[0])} in host name`)
  const port = /:([^:\]]*)$/.exec(host)?.[1]
  if (port !== undefined && !/^\d*$/.test(port)) return fail(`invalid port ${JSON.stringify(`:${port}`)} after host`)
  return { scheme: scheme.toLowerCase(), host, path, query }
}

function parse(text: string): UrlValue {
  const read = readUrl(text)
  if ('error' in read) throw new EvaluationError(`URL parse error during conversion from string: ${read.error}`)
  return new UrlValue(text, read)
}

const port = (host: string): string => /:(\d*)$/.exec(host)?.[1] ?? ''
const hostname = (host: string): string => host.replace(/:\d*$/, '').replace(/^\[(.*)\]$/, '$1')
/** What Go's `EscapedPath` leaves alone. */
const escapePath = (path: string): string => path.replace(/[^A-Za-z0-9\-_.~$&+,/:;=@!'()*%]/gu, char => encodeURIComponent(char))

function queryOf(query: string): CelMap {
  const values = new Map<string, string[]>()
  for (const [key, value] of new URLSearchParams(query)) values.set(key, [...(values.get(key) ?? []), value])
  return CelMap.of([...values].map(([key, all]) => [key, List.of(all)] as const))
}

const traversal = (text: string): number => Math.ceil(text.length * 0.1)

export const urlFunctions: readonly Overload[] = [
  fn('url', ['string'], 'kubernetes.URL', parse, traversal),
  fn('isURL', ['string'], 'bool', text => !('error' in readUrl(text)), traversal),
  fn('string', ['kubernetes.URL'], 'string', ({ text }) => text),
  method('kubernetes.URL', 'getScheme', [], 'string', ({ parts }) => parts.scheme),
  method('kubernetes.URL', 'getHost', [], 'string', ({ parts }) => parts.host),
  method('kubernetes.URL', 'getHostname', [], 'string', ({ parts }) => hostname(parts.host)),
  method('kubernetes.URL', 'getPort', [], 'string', ({ parts }) => port(parts.host)),
  method('kubernetes.URL', 'getEscapedPath', [], 'string', ({ parts }) => escapePath(parts.path)),
  method('kubernetes.URL', 'getQuery', [], 'map(string, list(string))', ({ parts }) => queryOf(parts.query)),
]
