// The clusters of this machine: each has its plan stored in its directory, before anything of it is created.
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { hostInUse } from './host-in-use.ts'
import { clusterLayout, type Roots } from './layout.ts'
import { type ClusterPlan, type InUse, usedBy } from './plan.ts'

export function writePlan(roots: Roots, plan: ClusterPlan): void {
  const { planFile } = clusterLayout(roots, plan.name)
  mkdirSync(dirname(planFile), { recursive: true })
  writeFileSync(`${planFile}.part`, `${JSON.stringify(plan, null, 2)}\n`)
  renameSync(`${planFile}.part`, planFile)
}

/** Undefined when there is no such cluster. */
export function readPlan(roots: Roots, name: string): ClusterPlan | undefined {
  const { planFile } = clusterLayout(roots, name)
  return existsSync(planFile) ? (JSON.parse(readFileSync(planFile, 'utf8')) as ClusterPlan) : undefined
}

/** All clusters, running or not, by name. */
export function readPlans(roots: Roots): ClusterPlan[] {
  const dir = join(roots.home, 'clusters')
  return existsSync(dir)
    ? readdirSync(dir)
        .sort()
        .flatMap(name => readPlan(roots, name) ?? [])
    : []
}

/** What a new cluster must keep clear of: the machine's networks and ports, and those of clusters that are stopped. */
export function inUse(roots: Roots): InUse {
  const all = [hostInUse(), ...readPlans(roots).map(usedBy)]
  return { subnets: all.flatMap(each => each.subnets), ports: all.flatMap(each => each.ports) }
}
