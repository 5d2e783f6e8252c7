// The refusal that a user reads.
import { StatusError } from '../../meta/status-error.ts'
import type { Attributes, Decision } from './attributes.ts'

/** The failure of a request that was not allowed. */
export function forbidden(attributes: Attributes, { reason }: Decision): StatusError {
  const why = reason === '' ? refusal(attributes) : `${refusal(attributes)}: ${reason}`
  const resource = attributes.isResource ? { group: attributes.group, resource: attributes.resource } : undefined
  return StatusError.forbidden(resource, attributes.name, why)
}

/** `User "x" cannot list resource "pods" in API group "" in the namespace "y"`. */
function refusal({ user, verb, isResource, path, group, resource, subresource, namespace }: Attributes): string {
  const who = `User ${JSON.stringify(user.username)} cannot ${verb}`
  if (!isResource) return `${who} path ${JSON.stringify(path)}`
  const what = JSON.stringify(subresource === '' ? resource : `${resource}/${subresource}`)
  const where = namespace === '' ? 'at the cluster scope' : `in the namespace ${JSON.stringify(namespace)}`
  return `${who} resource ${what} in API group ${JSON.stringify(group)} ${where}`
}
