// Distributes endpoints over slices of at most a hundred, changing as few slices as it can: every changed slice goes to every node.
import type { Endpoint, EndpointPort, EndpointSlice } from '../../api/discovery/endpoint-slice.ts'
import { deepEqual } from '../../meta/deep-equal.ts'
import { canonicalJson } from '../pod-template.ts'

export const MAX_ENDPOINTS = 100

export interface Group {
  readonly ports: readonly EndpointPort[]
  readonly endpoints: readonly Endpoint[]
}
export interface Slicing {
  readonly update: readonly { readonly slice: EndpointSlice; readonly to: Group }[]
  readonly create: readonly Group[]
  readonly remove: readonly EndpointSlice[]
}

/** A Service without endpoints has one empty slice, so that readers know that it was seen. */
const nobody: Group = { ports: [], endpoints: [] }

/** `groups`: what is to be told, one group for each set of ports. `slices`: what is told now, of one address type. */
export function distribute(groups: readonly Group[], slices: readonly EndpointSlice[]): Slicing {
  const update: { slice: EndpointSlice; to: Group }[] = []
  const create: Group[] = []
  const wanted = new Map((groups.length > 0 ? groups : [nobody]).map(group => [canonicalJson(group.ports), group]))
  const remove = slices.filter(slice => !wanted.has(portsKey(slice)))
  for (const [key, group] of wanted) {
    const share = distributeGroup(
      group,
      slices.filter(slice => portsKey(slice) === key),
    )
    update.push(...share.update)
    create.push(...share.create)
    remove.push(...share.remove)
  }
  // An emptied slice is better filled anew than deleted and replaced.
  while (create.length > 0 && remove.length > 0) {
    const [slice, to] = [remove.shift(), create.shift()]
    if (slice && to) update.push({ slice, to })
  }
  return { update, create, remove }
}

function portsKey(slice: EndpointSlice): string {
  return canonicalJson(slice.ports ?? [])
}

function distributeGroup({ ports, endpoints }: Group, slices: readonly EndpointSlice[]): Slicing {
  if (endpoints.length === 0) {
    const [kept, ...others] = slices.toSorted((a, b) => (a.endpoints ?? []).length - (b.endpoints ?? []).length)
    const update = kept && (kept.endpoints ?? []).length > 0 ? [{ slice: kept, to: nobody }] : []
    return { update, create: kept ? [] : [nobody], remove: others }
  }
  const missing = new Map(endpoints.map(endpoint => [identity(endpoint), endpoint]))
  const kept = slices.map(slice => {
    const stay = (slice.endpoints ?? []).flatMap(endpoint => {
      const wanted = missing.get(identity(endpoint))
      missing.delete(identity(endpoint))
      return wanted ? [wanted] : []
    })
    return { slice, endpoints: stay, changed: !deepEqual(stay, slice.endpoints ?? []) }
  })
  const rest = [...missing.values()]
  // Slices that change anyhow take new endpoints first.
  for (const share of kept) if (share.changed) share.endpoints.push(...rest.splice(0, MAX_ENDPOINTS - share.endpoints.length))
  if (rest.length > 0 && rest.length < MAX_ENDPOINTS) {
    const fits = kept.filter(share => share.endpoints.length + rest.length <= MAX_ENDPOINTS)
    const fullest = fits.sort((a, b) => b.endpoints.length - a.endpoints.length)[0]
    if (fullest) {
      fullest.endpoints.push(...rest.splice(0))
      fullest.changed = true
    }
  }
  const create: Group[] = []
  while (rest.length > 0) create.push({ ports, endpoints: rest.splice(0, MAX_ENDPOINTS) })
  return {
    update: kept
      .filter(share => share.changed && share.endpoints.length > 0)
      .map(share => ({ slice: share.slice, to: { ports, endpoints: share.endpoints } })),
    create,
    remove: kept.filter(share => share.endpoints.length === 0).map(share => share.slice),
  }
}

/** The same pod at the same address. */
function identity({ addresses, targetRef }: Endpoint): string {
  return [targetRef?.uid, ...addresses].join(' ')
}
