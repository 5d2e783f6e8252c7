// ComponentStatus: nothing of it is stored; each is made up of a check when it is asked for. Upstream has long deprecated the kind.
import { ComponentStatus } from '../api/core/component-status.ts'
import { apiVersionOf } from '../api/kind.ts'
import { StatusError } from '../meta/status-error.ts'
import type { Entry } from '../store/store.ts'
import type { Answer, Call } from './call.ts'
import type { Context } from './context.ts'
import type { HealthCheck } from './health.ts'
import { selectionOf } from './selection.ts'
import { previewEntry } from './verbs/create.ts'

export function answerComponentStatus({ components }: Pick<Context, 'components'>, call: Call): Answer {
  const { resource, info, query } = call
  call.warnings.push('v1 ComponentStatus is deprecated in v1.19+')
  if (info.verb === 'get') {
    const check = Object.hasOwn(components, info.name) ? components[info.name] : undefined
    if (!check) throw StatusError.notFound(resource, info.name)
    return { type: 'entry', code: 200, resource, entry: entryOf(info.name, check) }
  }
  if (info.verb !== 'list' || query.get('watch') === 'true') throw StatusError.methodNotAllowed(resource, info.verb)
  const { matches } = selectionOf(call)
  const entries = Object.entries(components).map(([name, check]) => entryOf(name, check))
  const chosen = matches ? entries.filter(entry => matches(entry.memo as ComponentStatus)) : entries
  return { type: 'list', resource, entries: chosen, metadata: { resourceVersion: '' } }
}

function entryOf(name: string, check: HealthCheck): Entry {
  return previewEntry(statusOf(name, check()))
}

/** `why` it is not well; undefined when it is. */
function statusOf(name: string, why: string | undefined): ComponentStatus {
  return {
    apiVersion: apiVersionOf(ComponentStatus),
    kind: ComponentStatus.kind,
    metadata: { name } as ComponentStatus['metadata'],
    conditions: [{ type: 'Healthy', status: why === undefined ? 'True' : 'False', message: why ?? 'ok' }],
  }
}
