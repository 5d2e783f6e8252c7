// DELETE of what cannot be read, because the key that it is encrypted by is missing: nothing is known of it but its name, so preconditions,
// finalizers and grace do not count. Who asks for that needs a verb of its own.
import { apiVersionOf } from '../../api/kind.ts'
import { type FieldError, invalidValue } from '../../meta/field-error.ts'
import type { KubeObject } from '../../meta/object-meta.ts'
import type { DeleteOptions } from '../../meta/status.ts'
import { StatusError } from '../../meta/status-error.ts'
import { UnreadableError } from '../../store/store.ts'
import { resourceAttributes } from '../authz/attributes.ts'
import type { Call } from '../call.ts'
import type { Context } from '../context.ts'

export const unsafeOption = 'ignoreStoreReadErrorWithClusterBreakingPotential'
const unsafeVerb = 'unsafe-delete-ignore-read-errors'

/** What the option is not to be used together with. */
export function unsafeDeletionErrors(options: DeleteOptions, query: URLSearchParams): readonly FieldError[] {
  if (!options[unsafeOption]) return []
  const { dryRun = [], propagationPolicy, orphanDependents, gracePeriodSeconds, preconditions } = options
  const others = { propagationPolicy, orphanDependents, gracePeriodSeconds, preconditions }
  const given = Object.entries(others).flatMap(([name, value]) => (value === undefined ? [] : [name]))
  const isTrial = dryRun.length > 0 || query.has('dryRun')
  return [...(isTrial ? ['dryRun'] : []), ...given].map(name => invalidValue(unsafeOption, true, `cannot be set together with .${name}`))
}

/** Answers a Status. Fails with Invalid when the object can be read, or is not there. */
export async function removeUnreadable(context: Context, call: Call, deletion: DeleteOptions): Promise<object> {
  const { user, resource, info } = call
  const { group, version, plural, namespace, name } = info
  const attributes = resourceAttributes({ user, verb: unsafeVerb, group, version, resource: plural, namespace, name })
  const { verdict, reason } = context.authorizer.authorize(attributes)
  if (verdict !== 'allow')
    throw StatusError.forbidden(resource, name, `not permitted to do ${JSON.stringify(unsafeVerb)}, reason: ${reason}`)

  const problem = problemOf(context, call)
  const onlyUnreadable = 'is exclusively used to delete corrupt object(s), try again by removing this option'
  if (!problem) throw StatusError.invalid({ group, kind: plural }, name, [invalidValue(unsafeOption, true, onlyUnreadable)])
  const known = knownOf(call)
  await context.admission.delete({
    operation: 'DELETE',
    call,
    subresource: '',
    kind: resource.kind,
    object: undefined,
    deletion,
    previous: known,
  })
  if (!(await context.storage.removeUnreadable(resource, problem, known))) throw StatusError.conflict(resource, name)
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details: { name, kind: resource.kind.kind } }
}

function problemOf({ storage }: Context, { resource, info }: Call): UnreadableError | undefined {
  try {
    storage.entry(resource, info.namespace, info.name)
    return undefined
  } catch (error) {
    if (error instanceof UnreadableError) return error
    throw error
  }
}

/** All that its key tells. */
function knownOf({ resource: { kind }, info: { namespace, name } }: Call): KubeObject {
  const metadata = { name, ...(kind.namespaced && { namespace }), uid: '', resourceVersion: '', creationTimestamp: '' }
  return { apiVersion: apiVersionOf(kind), kind: kind.kind, metadata }
}
