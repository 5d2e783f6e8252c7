// What is to be said of quotas: a request above its limit could never be used up.
import { compareQuantity, parseQuantity } from '../../meta/quantity.ts'
import { nothing, type Warnings } from '../warnings.ts'
import type { ResourceQuota } from './resource-quota.ts'

const resources = ['cpu', 'memory', 'storage', 'ephemeral-storage']
/** For these the bare name stands for the request. */
const bare = ['cpu', 'memory']

export function warnQuota({ spec: { hard } }: ResourceQuota, previous: ResourceQuota | undefined): Warnings {
  if (previous || !hard) return nothing
  return resources.flatMap(resource => {
    const request = [`requests.${resource}`, ...(bare.includes(resource) ? [resource] : [])].find(name => hard[name] !== undefined)
    const [least, most] = [hard[request ?? ''], hard[`limits.${resource}`]]
    if (!least || !most || compareQuantity(parseQuantity(least), parseQuantity(most)) <= 0) return []
    return [`ResourceQuota ${request} (${least}) should be less than limits.${resource} (${most})`]
  })
}
