// /livez, /readyz and /healthz, with their single checks and the verbose form, as upstream prints them.
import type { Answer } from './call.ts'

/** Undefined when it is well; else why not. */
export type HealthCheck = () => string | undefined

export interface HealthChecks {
  readonly livez: Readonly<Record<string, HealthCheck>>
  readonly readyz: Readonly<Record<string, HealthCheck>>
}

const plain = 'text/plain; charset=utf-8'

/** Undefined when the path is none of health's. */
export function health(checks: HealthChecks, path: string, query: URLSearchParams): Answer | undefined {
  const [, endpoint = '', single, ...more] = path.split('/')
  if (endpoint !== 'livez' && endpoint !== 'readyz' && endpoint !== 'healthz') return undefined
  const all = endpoint === 'livez' ? checks.livez : checks.readyz
  const excluded = new Set(query.getAll('exclude'))
  if (single !== undefined) {
    const name = [single, ...more].join('/')
    const check = Object.hasOwn(all, name) ? all[name] : undefined
    if (!check) return undefined
    const why = check()
    return {
      type: 'text',
      code: why === undefined ? 200 : 500,
      contentType: plain,
      body: why === undefined ? 'ok' : `internal server error: ${why}`,
    }
  }
  let failed = false
  const lines = Object.entries(all).map(([name, check]) => {
    if (excluded.has(name)) return `[+]${name} excluded: ok`
    const why = check()
    if (why !== undefined) failed = true
    return why === undefined ? `[+]${name} ok` : `[-]${name} failed: ${why}`
  })
  const verdict = failed ? `${endpoint} check failed` : `${endpoint} check passed`
  const body = failed || query.has('verbose') ? `${[...lines, verdict].join('\n')}\n` : 'ok'
  return { type: 'text', code: failed ? 500 : 200, contentType: plain, body }
}
