// What a URL asks for, as upstream's request-info resolver reads it: the basis of authorization and of routing.

export interface RequestInfo {
  /** get, list, watch, create, update, patch, delete, deletecollection, or the lower-case method for other paths. */
  readonly verb: string
  readonly path: string
  readonly isResource: boolean
  readonly group: string
  readonly version: string
  readonly plural: string
  readonly subresource: string
  readonly namespace: string
  readonly name: string
  /** What follows the subresource, for `proxy`. Starts with a slash where there is something. */
  readonly rest: string
}

const methodVerbs: ReadonlyMap<string, string> = new Map([
  ['POST', 'create'],
  ['GET', 'get'],
  ['HEAD', 'get'],
  ['PUT', 'update'],
  ['PATCH', 'patch'],
  ['DELETE', 'delete'],
])

/** Subresources of a namespace object itself; any other word after a namespace's name is a resource in it. */
const namespaceSubresources = new Set(['status', 'finalize'])

export function requestInfo(method: string, path: string, query: URLSearchParams | undefined): RequestInfo {
  const parts = path.split('/')
  const nonResource: RequestInfo = {
    verb: method.toLowerCase(),
    path,
    isResource: false,
    group: '',
    version: '',
    plural: '',
    subresource: '',
    namespace: '',
    name: '',
    rest: '',
  }
  let at: number
  let group = ''
  if (parts[1] === 'api') at = 2
  else if (parts[1] === 'apis') {
    group = parts[2] ?? ''
    at = 3
  } else return nonResource
  const version = parts[at] ?? ''
  if (!parts[at + 1]) return { ...nonResource, group, version }

  let words = parts.slice(at + 1)
  let verb = methodVerbs.get(method) ?? method.toLowerCase()
  // The deprecated `/watch/` prefix.
  if (words[0] === 'watch' && words.length > 1) {
    words = words.slice(1)
    verb = 'watch'
  }
  let namespace = ''
  if (words[0] === 'namespaces' && words[1]) {
    if (words[2] && !namespaceSubresources.has(words[2])) {
      namespace = words[1]
      words = words.slice(2)
    } else namespace = words[1]
  }
  const plural = words[0] ?? ''
  const name = decode(words[1] ?? '')
  const subresource = words[2] ?? ''
  const rest = words.length > 3 ? `/${words.slice(3).join('/')}` : ''
  if (!name) {
    if (verb === 'get') verb = isTrue(query?.get('watch')) ? 'watch' : 'list'
    else if (verb === 'delete') verb = 'deletecollection'
  } else if (verb === 'get' && !subresource && isTrue(query?.get('watch'))) verb = 'watch'
  return { verb, path, isResource: true, group, version, plural, subresource, namespace, name, rest }
}

function isTrue(value: string | null | undefined): boolean {
  return value === 'true' || value === '1' || value === ''
}

function decode(word: string): string {
  if (!word.includes('%')) return word
  try {
    return decodeURIComponent(word)
  } catch {
    return word
  }
}
