// Fires a shot and judges the answer: it must come in time, never be 500, and what was stored must read back as it was told, in every form,
// and be accepted again unchanged.
import type { Identity, Reply, Requests } from '../../test/testkit/api-requests.ts'
import { requestsOver } from '../../test/testkit/api-requests.ts'
import { protobuf, table } from './headers.ts'
import type { Random } from './random.ts'
import type { Shot } from './shot.ts'

/** Bodies in YAML that are hard to read wait for each other, each with five seconds of its own. */
const answerWithinMs = 20_000
/** What could not reach a webhook, or found no address in ranges, that the shots themselves have made: upstream answers 500 to both. */
export const knownFailure = /failed calling webhook|conversion webhook for|failed to allocate a serviceIP: range is full/

interface Metadata {
  readonly name?: string
  readonly namespace?: string
  readonly resourceVersion?: string
  readonly continue?: string
}
interface Told {
  readonly kind?: string
  readonly apiVersion?: string
  readonly metadata?: Metadata
}

export class Gun {
  readonly codes = new Map<number, number>()
  /** By method and resource: what was taken, so that one sees what was never reached. */
  readonly taken = new Map<string, number>()
  readonly #url: string
  readonly #identity: Identity
  readonly #onStored: (random: Random, text: string) => void
  readonly #clients: readonly [Requests, Requests]

  constructor(url: string, identity: Identity, onStored: (random: Random, text: string) => void) {
    this.#url = url
    this.#identity = identity
    this.#onStored = onStored
    this.#clients = [requestsOver('HTTP/2', url, identity), requestsOver('HTTP/1.1', url, identity)]
  }

  /** What is wrong about the answer, if anything. */
  async fire(random: Random, shot: Shot): Promise<string | undefined> {
    const protocol = random.pick(['HTTP/2', 'HTTP/1.1'] as const)
    if (!shot.isRough) return this.#judge(random, shot, this.#clients[protocol === 'HTTP/2' ? 0 : 1])
    const client = requestsOver(protocol, this.#url, this.#identity)
    try {
      return await this.#judge(random, shot, client)
    } finally {
      client.close()
    }
  }

  close(): void {
    for (const client of this.#clients) client.close()
  }

  async #judge(random: Random, shot: Shot, client: Requests): Promise<string | undefined> {
    const { method, target, headers, body } = shot
    let reply: Reply | undefined
    try {
      reply = await this.#send(shot, client)
    } catch (error) {
      const failure = failureOf(error, shot)
      return failure && `${failure} over ${client.protocol}`
    }
    if (!reply) return undefined
    const { code, text } = reply
    this.codes.set(code, (this.codes.get(code) ?? 0) + 1)
    // An answer to HEAD has no words: whether that is a failure of the server is told by its log.
    const isBad = code >= 500 && code !== 503 && code !== 504 && method !== 'HEAD'
    if (isBad && !knownFailure.test(text)) return `answered ${code}: ${text.slice(0, 400)}`
    if (Object.keys(headers).some(name => name !== 'content-type')) return undefined
    try {
      if (method === 'GET' && code === 200 && /[?&]limit=/.test(target) && !/[?&]watch=/.test(target))
        return await this.#follow(target, text)
      const isWrite = (code === 201 || code === 200) && (method === 'POST' || method === 'PUT' || method === 'PATCH') && body !== undefined
      return isWrite ? await this.#readBack(random, shot, text) : undefined
    } catch (error) {
      return `reading back failed: ${String(error)}`
    }
  }

  /** Undefined where the client left before the end. */
  async #send({ method, target, headers, body, lifeMs }: Shot, client: Requests): Promise<Reply | undefined> {
    const signal = AbortSignal.timeout(lifeMs ?? answerWithinMs)
    try {
      return await client.send(method, target, { headers, ...(body !== undefined && { body }), signal })
    } catch (error) {
      if (lifeMs !== undefined && signal.aborted) return undefined
      throw error
    }
  }

  #get(path: string, accept?: string): Promise<Reply> {
    return this.#clients[0].send('GET', path, { ...(accept && { headers: { accept } }), signal: AbortSignal.timeout(answerWithinMs) })
  }

  /** The pages of a list, while the others change what is in it. */
  async #follow(target: string, first: string): Promise<string | undefined> {
    let text = first
    for (let page = 0; page < 30; page++) {
      const { metadata } = JSON.parse(text) as Told
      if (!metadata?.continue) return undefined
      const [path = '', query] = target.split('?', 2)
      const next = new URLSearchParams(query)
      next.set('continue', metadata.continue)
      for (const name of ['resourceVersion', 'resourceVersionMatch', 'timeout']) next.delete(name)
      const reply = await this.#get(`${path}?${next}`)
      if (reply.code === 410 || isGone(reply)) return undefined
      if (reply.code !== 200) return `page ${page + 2} answered ${reply.code}: ${reply.text.slice(0, 400)}`
      text = reply.text
    }
    return undefined
  }

  /** What was stored under a version is read as it was told; what has changed since tells nothing. */
  async #readBack(random: Random, { method, target }: Shot, told: string): Promise<string | undefined> {
    const object = told.startsWith('{') ? (JSON.parse(told) as Told) : {}
    const { name, resourceVersion } = object.metadata ?? {}
    const [path = '', query = ''] = target.split('?', 2)
    if (!name || !resourceVersion || query.includes('dryRun')) return undefined
    const own = method === 'POST' ? `${path}/${encodeURIComponent(name)}` : ownPath(path, name)
    if (own === undefined || (method === 'POST' && path.endsWith(`/${name}`))) return undefined
    const what = `${method} ${object.apiVersion} ${object.kind}`
    this.taken.set(what, (this.taken.get(what) ?? 0) + 1)
    if (own === path || method === 'POST') this.#onStored(random, told)
    const read = await this.#get(own)
    if (read.code !== 200)
      return isGone(read) || read.code === 405 ? undefined : `stored, but read back as ${read.code}: ${read.text.slice(0, 400)}`
    const now = JSON.parse(read.text) as Told
    if (now.metadata?.resourceVersion === resourceVersion && read.text !== told)
      return `stored ${told.slice(0, 1500)} but reads back ${read.text.slice(0, 1500)}`
    return random.chance(0.15) ? this.#again(random, own, read.text) : undefined
  }

  /** As it is read it is right, in every form: written back it changes nothing. */
  async #again(random: Random, own: string, text: string): Promise<string | undefined> {
    const shown = await this.#get(own, table)
    if (shown.code !== 200 && !isGone(shown))
      return `stored ${text.slice(0, 1500)} but as a table it is ${shown.code}: ${shown.text.slice(0, 400)}`
    const { metadata, apiVersion } = JSON.parse(text) as Told
    const type = random.chance(0.5) && !apiVersion?.startsWith('fuzz.') ? protobuf : 'application/json'
    const read = await this.#get(own, type)
    if (read.code !== 200)
      return isGone(read) ? undefined : `stored ${text.slice(0, 1500)} but as ${type} it is ${read.code}: ${read.text.slice(0, 400)}`
    // Another shot has changed it in between.
    if (!read.bytes.includes(metadata?.resourceVersion ?? '')) return undefined
    const written = await this.#clients[0].send('PUT', own, { headers: { 'content-type': type }, body: read.bytes })
    const finding = this.#changeOf(type, text, written)
    // A policy may change what is written, also to what is refused.
    return finding && (await this.#mutates()) ? undefined : finding
  }

  #changeOf(type: string, text: string, { code, text: answer, json }: Reply): string | undefined {
    const { metadata } = JSON.parse(text) as Told
    if (code === 200) {
      const { resourceVersion } = json['metadata'] as Metadata
      if (resourceVersion === metadata?.resourceVersion || (type === protobuf && bareText(text) === bareText(answer))) return undefined
      return `written back as ${type} it changed: ${text.slice(0, 1500)} to ${answer.slice(0, 1500)}`
    }
    if (code !== 422 && code !== 400 && code < 500) return undefined
    const knowsLess = type === protobuf && bareText(text) !== orderedText(text)
    if (knowsLess || knownFailure.test(answer) || /ValidatingAdmissionPolicy/.test(answer)) return undefined
    return `written back as ${type} it is refused with ${code}: ${answer.slice(0, 600)}; it was ${text.slice(0, 2500)}`
  }

  async #mutates(): Promise<boolean> {
    const { json } = await this.#get('/apis/admissionregistration.k8s.io/v1/mutatingadmissionpolicybindings')
    return (json['items'] as readonly unknown[]).length > 0
  }
}

/** Of the object whose part was written: the answer is the whole object. */
function ownPath(path: string, name: string): string | undefined {
  const end = `/${encodeURIComponent(name)}`
  if (path.endsWith(end)) return path
  const part = /^(.*)\/(status|ephemeralcontainers|resize|approval|finalize)$/.exec(path)?.[1]
  return part?.endsWith(end) ? part : undefined
}

function failureOf(error: unknown, { isRough, headers }: Shot): string | undefined {
  if (error instanceof TypeError) return undefined // Node's own client would not send it.
  if (String(error).includes('NGHTTP2_PROTOCOL_ERROR')) return undefined // What is no HTTP/2 is refused so.
  const isTimeout = error instanceof Error && error.name === 'AbortError'
  // Who is not a master may have to wait in line longer than that.
  if (isTimeout && 'impersonate-user' in headers) return undefined
  return isRough && !isTimeout ? undefined : `failed: ${String(error)}`
}

/** What messages tell, which know nothing of what is empty, in an order of its own. */
function bareText(text: string): string {
  return JSON.stringify(ordered(withoutHistory(text), false))
}

function orderedText(text: string): string {
  return JSON.stringify(ordered(withoutHistory(text), true))
}

function withoutHistory(text: string): unknown {
  const { metadata, ...rest } = JSON.parse(text) as { readonly metadata: Readonly<Record<string, unknown>> }
  const { managedFields, resourceVersion, generation, ...kept } = metadata
  return { ...rest, metadata: kept }
}

function ordered(value: unknown, keepsEmpty: boolean): unknown {
  const of = (inner: unknown) => ordered(inner, keepsEmpty)
  if (Array.isArray(value)) return value.length > 0 || keepsEmpty ? value.map(of) : undefined
  if (typeof value !== 'object' || value === null) return value || keepsEmpty ? value : undefined
  const fields = Object.entries(value).map(([key, inner]): [string, unknown] => [key, of(inner)])
  const told = fields.filter(([, inner]) => inner !== undefined).sort(([a], [b]) => (a < b ? -1 : 1))
  return told.length > 0 || keepsEmpty ? Object.fromEntries(told) : undefined
}

/** Another shot has taken it away, or its whole group, or stands in the way. */
function isGone({ code, text }: Reply): boolean {
  return code === 404 || code === 429 || (code === 503 && text.startsWith('service unavailable'))
}
