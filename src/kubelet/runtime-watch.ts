// Asks the runtime once a second for all sandboxes and containers, one call each, and hands every pod its own. Where the runtime tells of
// events, an event makes it ask at once.
import { type Clock, sleep } from '../base/clock.ts'
import { identityFromLabels, type PodIdentity } from './pod/names.ts'
import type { Container, PodSandbox } from './runtime/cri-observed.ts'
import { type Runtime, RuntimeError } from './runtime/runtime.ts'

export interface PodPieces {
  readonly identity: PodIdentity
  readonly sandboxes: readonly PodSandbox[]
  readonly containers: readonly Container[]
}

/** By pod uid. */
export type Listing = ReadonlyMap<string, PodPieces>

export interface RuntimeWatchOptions {
  readonly runtime: Runtime
  readonly clock: Clock
  readonly signal: AbortSignal
  /** Called before a listing; what it returns is given back with the result. */
  onBegin(): ReadonlyMap<string, number>
  onListing(listing: Listing, begun: ReadonlyMap<string, number>): void
  onError(error: unknown): void
}

const periodMs = 1_000

export class RuntimeWatch {
  readonly #options: RuntimeWatchOptions
  #cutShort: AbortController | undefined

  constructor(options: RuntimeWatchOptions) {
    this.#options = options
  }

  async run(): Promise<void> {
    const { clock, signal, onError } = this.#options
    void this.#listen()
    while (!signal.aborted) {
      await this.list().catch(onError)
      this.#cutShort = new AbortController()
      await sleep(clock, periodMs, AbortSignal.any([signal, this.#cutShort.signal])).catch(() => {})
    }
  }

  async list(): Promise<Listing> {
    const { runtime, onBegin, onListing, signal } = this.#options
    const begun = onBegin()
    const [sandboxes, containers] = await Promise.all([runtime.listPodSandboxes({}, signal), runtime.listContainers({}, signal)])
    const listing = group(sandboxes, containers)
    onListing(listing, begun)
    return listing
  }

  async #listen(): Promise<void> {
    const { runtime, signal, clock, onError } = this.#options
    while (!signal.aborted) {
      try {
        for await (const _ of runtime.containerEvents(signal)) this.#cutShort?.abort()
      } catch (error) {
        // A runtime without events is listed only.
        if (signal.aborted || (error instanceof RuntimeError && error.code === 'Unimplemented')) return
        onError(error)
      }
      await sleep(clock, periodMs, signal).catch(() => {})
    }
  }
}

function group(sandboxes: readonly PodSandbox[], containers: readonly Container[]): Listing {
  const listing = new Map<string, { identity: PodIdentity; sandboxes: PodSandbox[]; containers: Container[] }>()
  const of = (labels: Readonly<Record<string, string>>) => {
    const identity = identityFromLabels(labels)
    if (!identity) return undefined
    const known = listing.get(identity.uid) ?? { identity, sandboxes: [], containers: [] }
    listing.set(identity.uid, known)
    return known
  }
  for (const sandbox of sandboxes) of(sandbox.labels)?.sandboxes.push(sandbox)
  for (const container of containers) of(container.labels)?.containers.push(container)
  return listing
}
