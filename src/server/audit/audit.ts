// The audit log: what was asked of the server, by whom, and what came of it, as lines of audit.k8s.io/v1 Events. A request that the policy
// does not ask for costs the look into the policy alone; bodies are looked at only where it asks for them.
import type { IncomingHttpHeaders } from 'node:http'
import type { Clock } from '../../base/clock.ts'
import type { KubeObject } from '../../meta/object-meta.ts'
import type { Status } from '../../meta/status-error.ts'
import type { UserInfo } from '../authn/user-info.ts'
import type { Decision as Authorization } from '../authz/attributes.ts'
import type { Answer } from '../call.ts'
import type { RequestInfo } from '../request-info.ts'
import { present } from '../storage.ts'
import { auditPolicy, type Decision, type Policy, type Stage } from './policy.ts'

export interface AuditOptions {
  readonly policy: Policy
  readonly clock: Clock
  readonly newUid: () => string
  /** Takes a line with its newline. */
  write(line: string): void
}

/** What is known of a request before anything is decided about it. */
export interface Asked {
  readonly target: string
  readonly headers: IncomingHttpHeaders
  readonly remoteAddress: string | undefined
}

export class Audit {
  readonly #options: AuditOptions
  readonly #decide: ReturnType<typeof auditPolicy>

  constructor(options: AuditOptions) {
    this.#options = options
    this.#decide = auditPolicy(options.policy)
  }

  /** The id by which the request is known, which the client may have given it. */
  idOf(headers: IncomingHttpHeaders): string {
    const given = headers['audit-id']
    return typeof given === 'string' && given !== '' && given.length <= 64 ? given : this.#options.newUid()
  }

  /** Records that the request came. Undefined when the policy asks for nothing of it. `user`: undefined where that could not be found out. */
  begin(id: string, asked: Asked, info: RequestInfo, user: UserInfo | undefined): Trail | undefined {
    const decision = this.#decide(user, info)
    if (decision.level === 'None') return undefined
    const trail = new Trail(
      this.#options,
      decision,
      eventOf(id, decision, asked, info, user, this.#options.clock.now()),
      info,
      user !== undefined,
    )
    if (user) trail.record('RequestReceived')
    return trail
  }
}

type Json = Record<string, unknown>

function eventOf(id: string, { level }: Decision, asked: Asked, info: RequestInfo, user: UserInfo | undefined, nowMs: number): Json {
  const { verb, group, version, plural, subresource, namespace, name } = info
  return {
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level,
    auditID: id,
    stage: '',
    requestURI: asked.target,
    verb,
    user: user ? userOf(user) : {},
    sourceIPs: sourceIps(asked),
    ...(asked.headers['user-agent'] && { userAgent: asked.headers['user-agent'].slice(0, 1024) }),
    ...(info.isResource && {
      objectRef: {
        resource: plural,
        ...(namespace && { namespace }),
        ...(name && { name }),
        ...(group && { apiGroup: group }),
        apiVersion: version,
        ...(subresource && { subresource }),
      },
    }),
    requestReceivedTimestamp: microTime(nowMs),
  }
}

function userOf({ username, uid, groups, extra }: UserInfo): Json {
  return { username, ...(uid && { uid }), groups, ...(extra && { extra }) }
}

/** Whom the request came through, the nearest last. */
function sourceIps({ headers, remoteAddress }: Asked): readonly string[] {
  const forwarded = String(headers['x-forwarded-for'] ?? '').split(',')
  const all = [...forwarded, String(headers['x-real-ip'] ?? ''), (remoteAddress ?? '').replace(/^::ffff:/, '')]
  const found = all.map(ip => ip.trim()).filter(ip => /^[\da-fA-F.:]{2,45}$/.test(ip))
  return found.filter((ip, i) => ip !== found[i - 1])
}

function microTime(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000Z')
}

/** The record of one request. */
export class Trail {
  readonly #options: AuditOptions
  readonly #decision: Decision
  readonly #event: Json
  readonly #info: RequestInfo
  readonly #annotations: Record<string, string> = {}
  /** Of a request by somebody unknown nothing else is recorded, as upstream has it. */
  readonly #last: Stage
  #isComplete = false

  constructor(options: AuditOptions, decision: Decision, event: Json, info: RequestInfo, isKnown: boolean) {
    this.#options = options
    this.#last = isKnown ? 'ResponseComplete' : 'ResponseStarted'
    this.#decision = decision
    this.#event = event
    this.#info = info
  }

  /** The first value of a key stays. */
  annotate(key: string, value: string, level: 'Metadata' | 'Request' = 'Metadata'): void {
    if (level === 'Metadata' || this.#hasBodies) this.#annotations[key] ??= value
  }

  /** The user acts for this one. */
  actsFor(user: UserInfo): void {
    this.#event['impersonatedUser'] = userOf(user)
  }

  authorized({ verdict, reason }: Authorization): void {
    this.annotate('authorization.k8s.io/decision', verdict === 'allow' ? 'allow' : 'forbid')
    this.annotate('authorization.k8s.io/reason', reason)
  }

  get #hasBodies(): boolean {
    return this.#decision.level === 'Request' || this.#decision.level === 'RequestResponse'
  }

  /** What was sent, where the policy wants that; `read` is asked only then, and may fail. */
  requested(read: () => unknown): void {
    if (!this.#hasBodies) return
    let object: unknown
    try {
      object = read()
    } catch {
      // What cannot be read is refused later, and that is recorded.
      return
    }
    if (typeof object === 'object' && object !== null) this.#event['requestObject'] = this.#shown(object)
  }

  /** What the answer is, before it is sent. */
  answered(answer: Answer): void {
    if (answer.type === 'entry' && this.#info.name === '') {
      const { name, namespace } = present(answer.resource, answer.entry).metadata
      this.#event['objectRef'] = { ...(this.#event['objectRef'] as Json), ...(namespace && { namespace }), name }
    }
    if (this.#decision.level !== 'RequestResponse') return
    if (answer.type === 'entry') this.#event['responseObject'] = this.#shown(present(answer.resource, answer.entry))
    else if (answer.type === 'object') this.#event['responseObject'] = this.#shown(answer.object)
    else if (answer.type === 'list') {
      const { kind } = answer.resource
      const items = answer.entries.map(entry => this.#shown(present(answer.resource, entry)))
      const apiVersion = kind.group === '' ? kind.version : `${kind.group}/${kind.version}`
      this.#event['responseObject'] = { kind: `${kind.kind}List`, apiVersion, metadata: answer.metadata, items }
    }
  }

  /** The answer has begun and goes on. */
  started(code: number): void {
    this.#event['responseStatus'] = { metadata: {}, code }
    this.record('ResponseStarted')
  }

  /** The request was refused by this. */
  failed({ status, message, reason, details, code }: Status): void {
    this.#event['responseStatus'] = { metadata: {}, status, message, reason, ...(details && { details }), code }
    if (this.#decision.level === 'RequestResponse')
      this.#event['responseObject'] = {
        kind: 'Status',
        apiVersion: 'v1',
        metadata: {},
        status,
        message,
        reason,
        ...(details && { details }),
        code,
      }
  }

  /** Recorded once. */
  complete(code: number): void {
    if (this.#isComplete) return
    this.#isComplete = true
    this.#event['responseStatus'] ??= { metadata: {}, code }
    this.record(this.#last)
  }

  record(stage: Stage): void {
    if (this.#decision.omitStages.has(stage)) return
    const annotations = Object.keys(this.#annotations).length > 0 ? { annotations: this.#annotations } : {}
    const event = { ...this.#event, stage, stageTimestamp: microTime(this.#options.clock.now()), ...annotations }
    this.#options.write(`${JSON.stringify(event)}\n`)
  }

  #shown(object: object): object {
    const { metadata } = object as Partial<KubeObject>
    if (!this.#decision.omitManagedFields || !metadata?.managedFields) return object
    const { managedFields, ...rest } = metadata
    return { ...object, metadata: rest }
  }
}
