// Image names as people write them, and in full: `nginx` is `docker.io/library/nginx:latest`.
// The grammar is that of the OCI distribution specification with Docker's short forms.

export interface ImageName {
  /** The registry, with its port. */
  readonly registry: string
  readonly repository: string
  readonly tag?: string
  readonly digest?: string
}

const domainPart = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])'
const domain = `(?:${domainPart}(?:\\.${domainPart})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?`
const pathPart = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*'
const grammar = new RegExp(
  `^(?:(${domain})/)?(${pathPart}(?:/${pathPart})*)(?::([A-Za-z0-9_][A-Za-z0-9_.-]{0,127}))?(?:@([A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}))?$`,
)

/** Undefined when the text is no image name. Without a tag and a digest, the tag is `latest`. */
export function parseImageName(text: string): ImageName | undefined {
  const { first, rest } = splitRegistry(text)
  const match = grammar.exec(`${first}/${rest}`)
  if (!match || /^[a-f0-9]{64}$/.test(text)) return undefined
  const [, registry, repository, tag, digest] = match
  if (registry === undefined || repository === undefined) return undefined
  return {
    registry,
    repository,
    ...(tag !== undefined && { tag }),
    ...(digest !== undefined && { digest }),
    ...(tag === undefined && digest === undefined && { tag: 'latest' }),
  }
}

/** The part before the first slash is a registry when it looks like a host; otherwise the image is one of Docker Hub. */
function splitRegistry(text: string): { readonly first: string; readonly rest: string } {
  const slash = text.indexOf('/')
  const first = text.slice(0, slash)
  const isHost = slash > 0 && (/[.:]/.test(first) || first === 'localhost' || first.toLowerCase() !== first)
  const host = isHost ? first : 'docker.io'
  const rest = isHost ? text.slice(slash + 1) : text
  if (host !== 'docker.io' && host !== 'index.docker.io') return { first: host, rest }
  return { first: 'docker.io', rest: rest.includes('/') ? rest : `library/${rest}` }
}

/** `docker.io/library/nginx:latest`. With a digest, the tag stays where one was given. */
export function formatImageName({ registry, repository, tag, digest }: ImageName): string {
  return `${registry}/${repository}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`
}

/** The full form of an image name; the text itself when it is none. */
export function normalizeImageName(text: string): string {
  const name = parseImageName(text)
  return name ? formatImageName(name) : text
}

/** The pull policy of a container that names none: what may move is always pulled. */
export function defaultPullPolicy(image: string): 'Always' | 'IfNotPresent' {
  return parseImageName(image)?.tag === 'latest' ? 'Always' : 'IfNotPresent'
}
