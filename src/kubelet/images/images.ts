// Gets images onto the node as the pull policy says, a limited number at a time, and the same image once for all who wait for it.
// https://kubernetes.io/docs/concepts/containers/images/#image-pull-policy
import { parseImageName } from '../../api/core/image-name.ts'
import type { Clock } from '../../base/clock.ts'
import { formatGoDuration } from '../../base/go-duration.ts'
import type { ImageUser } from '../pod/security.ts'
import { type Runtime, RuntimeError } from '../runtime/runtime.ts'
import type { PullCredential } from './credentials.ts'
import { mayUse, type PulledImages } from './pulled-images.ts'

export interface PresentImage {
  /** What the runtime knows the image by. */
  readonly ref: string
  readonly user: ImageUser
  readonly sizeBytes: number
}

export type ImageOutcome =
  | { readonly ok: true; readonly image: PresentImage }
  | { readonly ok: false; readonly reason: string; readonly message: string }

export interface ImageRequest {
  readonly image: string
  readonly policy: 'Always' | 'IfNotPresent' | 'Never'
  /** Asked for only when they matter. */
  credentials(): Promise<readonly PullCredential[]>
  readonly signal: AbortSignal
  /** For the events of the pod. */
  tell(type: 'Normal' | 'Warning', reason: string, message: string): void
}

export class Images {
  readonly #runtime: Runtime
  readonly #clock: Clock
  readonly #pulled: PulledImages
  readonly #maxParallel: number
  readonly #pulls = new Map<string, Promise<void>>()
  readonly #waiting: (() => void)[] = []
  #running = 0

  constructor(runtime: Runtime, pulled: PulledImages, clock: Clock, maxParallel: number) {
    this.#runtime = runtime
    this.#pulled = pulled
    this.#clock = clock
    this.#maxParallel = maxParallel
  }

  async ensure(request: ImageRequest): Promise<ImageOutcome> {
    const { image, policy, tell } = request
    const quoted = JSON.stringify(image)
    if (!parseImageName(image)) {
      const message = `Failed to apply default image tag ${quoted}: couldn't parse image name ${quoted}: invalid reference format`
      tell('Warning', 'InspectFailed', message)
      return { ok: false, reason: 'InvalidImageName', message }
    }
    const present = policy === 'Always' ? undefined : await this.inspect(image)
    if (present && (await this.#mayUse(request, present))) {
      tell('Normal', 'Pulled', `Container image ${quoted} already present on machine and can be accessed by the pod`)
      return { ok: true, image: present }
    }
    if (policy === 'Never') {
      const message = present
        ? `Container image ${quoted} is present with pull policy of Never but does not have the proper credentials to be used by the pod`
        : `Container image ${quoted} is not present with pull policy of Never`
      tell('Warning', 'ErrImageNeverPull', message)
      return { ok: false, reason: 'ErrImageNeverPull', message }
    }
    tell('Normal', 'Pulling', `Pulling image ${quoted}`)
    const startedMs = this.#clock.now()
    try {
      await this.#pull(image, await request.credentials())
    } catch (error) {
      const message = runtimeText(error)
      tell('Warning', 'Failed', `Failed to pull image ${quoted}: ${message}`)
      const loaded = await this.#loaded(image)
      if (!loaded) return { ok: false, reason: 'ErrImagePull', message }
      tell('Normal', 'Pulled', `Container image ${quoted} is used as it was loaded into the node`)
      return { ok: true, image: loaded }
    }
    const pulled = await this.inspect(image)
    if (!pulled) return { ok: false, reason: 'ErrImagePull', message: `image ${quoted} is not there after its pull` }
    const took = formatGoDuration(this.#clock.now() - startedMs)
    tell(
      'Normal',
      'Pulled',
      `Successfully pulled image ${quoted} in ${took} (${took} including waiting). Image size: ${pulled.sizeBytes} bytes.`,
    )
    return { ok: true, image: pulled }
  }

  /** Undefined when the image is not on the node. */
  async inspect(image: string): Promise<PresentImage | undefined> {
    const found = await this.#runtime.imageStatus({ image })
    if (!found) return undefined
    return {
      ref: found.id,
      sizeBytes: Number(found.size),
      user: { ...(found.uid && { uid: Number(found.uid.value) }), username: found.username },
    }
  }

  async #mayUse({ image, credentials }: ImageRequest, { ref }: PresentImage): Promise<boolean> {
    const record = await this.#pulled.record(image, ref)
    return mayUse(record, image, []) || mayUse(record, image, await credentials())
  }

  /** What the node's administrator has loaded by this name: no registry need know it. */
  async #loaded(image: string): Promise<PresentImage | undefined> {
    const present = await this.inspect(image)
    return present && (await this.#pulled.record(image, present.ref)) === undefined ? present : undefined
  }

  #pull(image: string, credentials: readonly PullCredential[]): Promise<void> {
    const key = JSON.stringify([image, credentials])
    const known = this.#pulls.get(key)
    if (known) return known
    const pull = this.#pullInTurn(image, credentials).finally(() => this.#pulls.delete(key))
    this.#pulls.set(key, pull)
    return pull
  }

  async #pullInTurn(image: string, credentials: readonly PullCredential[]): Promise<void> {
    if (this.#running >= this.#maxParallel) await new Promise<void>(resolve => this.#waiting.push(resolve))
    else this.#running++
    try {
      await this.#pulled.begin(image)
      const { ref, credential } = await this.#pullWithAny(image, credentials)
      await this.#pulled.succeed(image, ref, credential)
    } catch (error) {
      await this.#pulled.fail(image)
      throw error
    } finally {
      // The turn is handed on, not given up and taken again.
      const next = this.#waiting.shift()
      if (next) next()
      else this.#running--
    }
  }

  async #pullWithAny(image: string, credentials: readonly PullCredential[]) {
    const failures: unknown[] = []
    for (const credential of credentials.length === 0 ? [undefined] : credentials) {
      try {
        return { ref: await this.#runtime.pullImage({ image }, credential?.auth), credential }
      } catch (error) {
        failures.push(error)
      }
    }
    throw failures.length === 1 ? failures[0] : new Error(aggregateText(failures.map(runtimeText)))
  }
}

/** What was said, each once; in brackets where it is more than one thing. */
function aggregateText(texts: readonly string[]): string {
  const [first = '', ...others] = new Set(texts)
  return others.length === 0 ? first : `[${[first, ...others].join(', ')}]`
}

/** As upstream quotes a runtime's refusal. */
export function runtimeText(error: unknown): string {
  if (error instanceof RuntimeError) return error.quoted
  return error instanceof Error ? error.message : String(error)
}
