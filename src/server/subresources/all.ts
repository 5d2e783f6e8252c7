// Which subresources each resource has.
import type { Resource } from '../resource.ts'
import { partsOf } from './approval.ts'
import { binding } from './binding.ts'
import { eviction } from './eviction.ts'
import { finalize } from './finalize.ts'
import { nodeProxy, podProxy, serviceProxy } from './proxy.ts'
import { attach, exec, log, portForward } from './relay.ts'
import { scaleOf } from './scale.ts'
import { statusOf } from './status.ts'
import type { Subresource } from './subresource.ts'
import { token } from './token.ts'

export type { Subresource }

const special: Readonly<Record<string, readonly Subresource[]>> = {
  namespaces: [finalize],
  nodes: [nodeProxy],
  pods: [attach, binding, eviction, exec, log, portForward, podProxy],
  serviceaccounts: [token],
  services: [serviceProxy],
}

const known = new WeakMap<Resource, readonly Subresource[]>()

export function subresourcesOf(resource: Resource): readonly Subresource[] {
  let list = known.get(resource)
  if (!list) {
    const { kind } = resource
    list = [
      ...(kind.group === '' ? (special[kind.plural] ?? []) : []),
      ...(kind.scale ? [scaleOf(kind)] : []),
      ...(kind.hasStatus ? [statusOf(kind)] : []),
      ...partsOf(kind),
    ].sort((a, b) => (a.name < b.name ? -1 : 1))
    known.set(resource, list)
  }
  return list
}

export function findSubresource(resource: Resource, name: string): Subresource | undefined {
  return subresourcesOf(resource).find(sub => sub.name === name)
}
