// Encryption at rest as the store sees it: which provider a key in the store belongs to, and by whom each version on disk was sealed, so
// that what was sealed by an older key can be told, and no key is given up while something on disk needs it.
import type { Opening, SealedVersion, Sealing } from '../../store/sealing.ts'
import { isFor, type ProviderConfig, type ResourceConfig } from './configuration.ts'
import { identity, keyedProvider, type Opened, type Provider } from './provider.ts'

/** Makes the provider of a key management service; asked again for the same service it may give the same one. */
export type KmsProvider = (config: ProviderConfig & { readonly type: 'kms' }) => Provider

interface Rule {
  readonly resources: readonly string[]
  readonly providers: readonly [Provider, ...Provider[]]
}

const unconfigured: readonly [Provider] = [identity]
const triedToReadEncrypted = 'identity transformer tried to read encrypted data'

/** Where nothing is encrypted, or is to be any more. */
export const plainOnly: Opening = {
  open({ value }) {
    if (!identity.owns(value)) throw new Error(triedToReadEncrypted)
    return value
  },
}

export class Encryption implements Sealing {
  readonly #makeKms: KmsProvider
  readonly #groups: ReadonlySet<string>
  #rules: readonly Rule[]
  /** The providers of a prefix of keys, looked up once. */
  #ofPrefix = new Map<string, readonly [Provider, ...Provider[]]>()
  /** What is on disk and not plain, by writer. */
  readonly #writers = new Map<string, { readonly prefixes: Set<string>; readonly revisions: Set<number> }>()

  /** `groups`: the API groups whose names have no dot, which keys alone do not tell from plurals. */
  constructor(configs: readonly ResourceConfig[], groups: Iterable<string>, makeKms: KmsProvider) {
    this.#makeKms = makeKms
    this.#groups = new Set(groups)
    this.#rules = configs.map(config => this.#rule(config))
  }

  /** Takes a new configuration. Fails, and leaves the old one in force, when something on disk could not be opened by it. */
  configure(configs: readonly ResourceConfig[]): void {
    const rules = configs.map(config => this.#rule(config))
    for (const [writer, { prefixes, revisions }] of this.#writers) {
      if (revisions.size === 0) continue
      for (const prefix of prefixes)
        if (!this.#providersIn(rules, prefix).some(p => p.knows(writer)))
          throw new Error(`encryption configuration: what is on disk under ${prefix} still needs a key that it does not have any more`)
    }
    this.#rules = rules
    this.#ofPrefix = new Map()
  }

  seal({ key, revision, value }: SealedVersion): Buffer {
    const prefix = prefixOf(key, this.#groups)
    const [first] = this.#providersOf(prefix)
    const sealed = first.seal(value, key)
    this.#note(first.writer, prefix, revision)
    return sealed
  }

  open({ key, revision, value }: SealedVersion): Buffer | Promise<Buffer> {
    const prefix = prefixOf(key, this.#groups)
    const provider = this.#providersOf(prefix).find(p => p.owns(value))
    if (!provider) throw new Error(this.#providersOf(prefix) === unconfigured ? triedToReadEncrypted : 'no matching prefix found')
    const done = ({ plain, writer }: Opened) => {
      this.#note(writer, prefix, revision)
      return plain
    }
    const opened = provider.open(value, key)
    return opened instanceof Promise ? opened.then(done) : done(opened)
  }

  isStale(key: string, revision: number): boolean {
    const [{ writer }] = this.#providersOf(prefixOf(key, this.#groups))
    if (writer !== identity.writer) return !this.#writers.get(writer)?.revisions.has(revision)
    for (const { revisions } of this.#writers.values()) if (revisions.has(revision)) return true
    return false
  }

  dropped(revisions: readonly number[]): void {
    for (const { revisions: kept } of this.#writers.values()) for (const revision of revisions) kept.delete(revision)
  }

  #note(writer: string, prefix: string, revision: number): void {
    if (writer === identity.writer) return
    let kept = this.#writers.get(writer)
    if (!kept) {
      kept = { prefixes: new Set(), revisions: new Set() }
      this.#writers.set(writer, kept)
    }
    kept.prefixes.add(prefix)
    kept.revisions.add(revision)
  }

  #rule({ resources, providers }: ResourceConfig): Rule {
    const [first, ...rest] = providers
    return { resources, providers: [this.#provider(first), ...rest.map(p => this.#provider(p))] }
  }

  #provider(config: ProviderConfig): Provider {
    if (config.type === 'identity') return identity
    return config.type === 'kms' ? this.#makeKms(config) : keyedProvider(config.type, config.keys)
  }

  #providersOf(prefix: string): readonly [Provider, ...Provider[]] {
    let found = this.#ofPrefix.get(prefix)
    if (!found) {
      found = this.#providersIn(this.#rules, prefix)
      this.#ofPrefix.set(prefix, found)
    }
    return found
  }

  #providersIn(rules: readonly Rule[], prefix: string): readonly [Provider, ...Provider[]] {
    const [plural = '', group = ''] = prefix.split('.', 1).concat(prefix.slice(prefix.indexOf('.') + 1))
    return rules.find(rule => rule.resources.some(name => isFor(name, group, plural)))?.providers ?? unconfigured
  }
}

/** `secrets.` of `/registry/secrets/default/x`, `deployments.apps` of `/registry/apps/deployments/default/x`. */
function prefixOf(key: string, groups: ReadonlySet<string>): string {
  const [, , first = '', second = ''] = key.split('/', 4)
  return first.includes('.') || groups.has(first) ? `${second}.${first}` : `${first}.`
}
