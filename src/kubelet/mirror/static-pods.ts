// Static pods: manifests in a folder of the node, run without the API server. The folder is read again and again; a manifest that has
// changed is another pod, started when the one before has ended.
import { join } from 'node:path'
import type { Pod } from '../../api/core/pod.ts'
import { type Clock, sleep } from '../../base/clock.ts'
import type { Logger } from '../../base/logger.ts'
import type { Draft } from '../../schema/schema.ts'
import { type Files, isNoEntry } from '../host.ts'
import type { Pods } from '../pods.ts'
import { localPod } from './local-pod.ts'
import type { MirrorPods } from './mirror-pods.ts'

export interface StaticPodsOptions {
  readonly dir: string
  readonly nodeName: string
  readonly files: Files
  readonly clock: Clock
  readonly logger: Logger
  readonly pods: Pods
  readonly mirrors: MirrorPods
  readonly signal: AbortSignal
}

const periodMs = 2_000

interface Manifest {
  readonly mtimeMs: number
  readonly pod: Pod | undefined
}

export class StaticPods {
  readonly #options: StaticPodsOptions
  #manifests = new Map<string, Manifest>()

  constructor(options: StaticPodsOptions) {
    this.#options = options
  }

  async run(): Promise<void> {
    const { signal, clock, logger, dir } = this.#options
    while (!signal.aborted) {
      await sleep(clock, periodMs, signal).catch(() => {})
      if (signal.aborted) return
      await this.scan().catch((error: unknown) => logger.error('folder of manifests not read', { dir, error: String(error) }))
    }
  }

  /** One look at the folder. */
  async scan(): Promise<void> {
    const { dir, files, pods, mirrors } = this.#options
    const names = await files.readdir(dir).catch((error: unknown): string[] => {
      if (isNoEntry(error)) return []
      throw error
    })
    const next = new Map<string, Manifest>()
    for (const name of names.sort()) {
      if (name.startsWith('.') || !/\.(ya?ml|json)$/.test(name)) continue
      const manifest = await this.#read(name)
      if (manifest) next.set(name, manifest)
    }
    const wanted = new Map([...next.values()].flatMap(({ pod }) => (pod ? [[keyOf(pod), pod] as const] : [])))
    for (const { pod } of this.#manifests.values()) {
      if (!pod || wanted.get(keyOf(pod))?.metadata.uid === pod.metadata.uid) continue
      pods.unwant(pod.metadata.uid)
      if (!wanted.has(keyOf(pod))) mirrors.unwant(pod.metadata.namespace, pod.metadata.name)
    }
    for (const pod of wanted.values()) {
      const present = pods.get(pod.metadata.namespace, pod.metadata.name)
      if (present?.uid === pod.metadata.uid) continue
      if (present) pods.unwant(present.uid)
      else {
        pods.want(pod)
        mirrors.want(pod)
      }
    }
    this.#manifests = next
  }

  async #read(name: string): Promise<Manifest | undefined> {
    const { dir, files, nodeName, clock, logger } = this.#options
    const path = join(dir, name)
    const stats = await files.stat(path).catch(() => undefined)
    if (!stats?.isFile()) return undefined
    const known = this.#manifests.get(name)
    if (known?.mtimeMs === stats.mtimeMs) return known
    try {
      const draft = await parseManifest(await files.readFile(path, 'utf8'))
      return { mtimeMs: stats.mtimeMs, pod: localPod(draft, nodeName, 'file', clock.now()) }
    } catch (error) {
      logger.error('manifest not understood', { path, error: error instanceof Error ? error.message : String(error) })
      // What ran by it goes on: a slip of an editor is no order to stop.
      return { mtimeMs: stats.mtimeMs, pod: known?.pod }
    }
  }
}

async function parseManifest(text: string): Promise<Draft<Pod>> {
  // Most nodes have no manifests, and need no parser in memory.
  const { parse } = await import('yaml')
  const parsed: unknown = parse(text)
  if (typeof parsed !== 'object' || parsed === null || !('kind' in parsed) || parsed.kind !== 'Pod')
    throw new Error('the manifest is not a Pod')
  const { metadata, spec } = parsed as Draft<Pod>
  if (!metadata?.name) throw new Error('metadata.name is missing')
  if (!spec?.containers?.length) throw new Error('spec.containers is empty')
  return { metadata, spec }
}

function keyOf({ metadata }: Pod): string {
  return `${metadata.namespace}/${metadata.name}`
}
