// The record of what components of the server's own process ask: they come without HTTP, and are recorded as if they had not.
import { StatusError } from '../../meta/status-error.ts'
import type { UserInfo } from '../authn/user-info.ts'
import type { Decision } from '../authz/attributes.ts'
import type { Annotate, Answer, RequestBody } from '../call.ts'
import type { RequestInfo } from '../request-info.ts'
import type { Audit } from './audit.ts'

export interface OwnRequest {
  readonly user: UserInfo
  readonly info: RequestInfo
  readonly query: URLSearchParams
  readonly body: RequestBody | undefined
}

/** Runs the request with a record. `run` is given what is to be told of its authorization. */
export async function recorded(
  audit: Audit,
  { user, info, query, body }: OwnRequest,
  run: (onDecision: (decision: Decision) => void, annotate: Annotate | undefined) => Promise<Answer>,
): Promise<Answer> {
  const asked = { target: targetOf(info, query), headers: { 'user-agent': user.username }, remoteAddress: '127.0.0.1' }
  const trail = audit.begin(audit.idOf({}), asked, info, user)
  if (!trail) return run(() => {}, undefined)
  if (body?.type === 'value') trail.requested(() => body.value)
  try {
    const answer = await run(
      decision => trail.authorized(decision),
      (key, value, level) => trail.annotate(key, value, level),
    )
    trail.answered(answer)
    if (answer.type !== 'watch') {
      trail.complete('code' in answer ? answer.code : 200)
      return answer
    }
    return {
      ...answer,
      start(sink) {
        trail.started(200)
        const stop = answer.start({
          write: items => sink.write(items),
          end(error) {
            trail.complete(200)
            sink.end(error)
          },
        })
        return () => {
          trail.complete(200)
          stop()
        }
      },
    }
  } catch (error) {
    const { status, code } = StatusError.from(error)
    trail.failed(status)
    trail.complete(code)
    throw error
  }
}

function targetOf({ verb, group, version, plural, namespace, name, subresource }: RequestInfo, query: URLSearchParams): string {
  const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`
  const words = [root, ...(namespace && plural !== 'namespaces' ? ['namespaces', namespace] : []), plural, name, subresource]
  const all = new URLSearchParams(query)
  if (verb === 'watch') all.set('watch', 'true')
  const path = words.filter(word => word !== '').join('/')
  return all.size > 0 ? `${path}?${all}` : path
}
