// Follows the stored schemas and levels: each change is taken up, and each schema says whether its level is there.
import { FlowSchema } from '../../api/flowcontrol/flow-schema.ts'
import { PriorityLevelConfiguration } from '../../api/flowcontrol/priority-level-configuration.ts'
import type { Client } from '../../client/client.ts'
import { StatusError } from '../../meta/status-error.ts'
import { formatTime } from '../../meta/time.ts'
import { resourceFor } from '../resource.ts'
import type { Storage } from '../storage.ts'
import type { FlowControl } from './flow-control.ts'

export interface FollowOptions {
  readonly control: FlowControl
  readonly storage: Storage
  /** Writes the schemas' conditions. */
  readonly client: Client
  readonly now: () => number
  onError(error: unknown): void
}

/** Returns how to stop. */
export function followConfiguration({ control, storage, client, now, onError }: FollowOptions): () => void {
  let isScheduled = false
  let isStopped = false
  const read = () => {
    isScheduled = false
    if (isStopped) return
    const schemas = storage.readable(FlowSchema)
    const levels = storage.readable(PriorityLevelConfiguration)
    control.configure(levels, schemas)
    const names = new Set(levels.map(l => l.metadata.name))
    for (const schema of schemas) {
      const condition = danglingCondition(schema, names, now())
      if (condition) write(schema, condition)
    }
  }
  const write = (schema: FlowSchema, condition: DanglingCondition) => {
    const others = (schema.status.conditions ?? []).filter(c => c.type !== condition.type)
    const changed = { ...schema, status: { ...schema.status, conditions: [...others, condition] } }
    client.update(FlowSchema, changed, { subresource: 'status' }).catch(error => {
      // It has changed meanwhile, which is read in its turn.
      if (!isStopped && !StatusError.is(error, 'Conflict', 'NotFound')) onError(error)
    })
  }
  // A whole bootstrap is one reading.
  const onEvents = () => {
    if (!isScheduled) setImmediate(read)
    isScheduled = true
  }
  const stops = [FlowSchema, PriorityLevelConfiguration].map(kind => storage.follow(resourceFor(kind), onEvents))
  read()
  return () => {
    isStopped = true
    for (const stop of stops) stop()
  }
}

interface DanglingCondition {
  readonly type: 'Dangling'
  readonly status: 'True' | 'False'
  readonly reason: string
  readonly message: string
  readonly lastTransitionTime: string
}

/** What the schema should say of its level; undefined when it says so. */
export function danglingCondition({ spec, status }: FlowSchema, levels: ReadonlySet<string>, nowMs: number): DanglingCondition | undefined {
  const { name } = spec.priorityLevelConfiguration
  const isThere = levels.has(name)
  const wanted = isThere
    ? {
        status: 'False' as const,
        reason: 'Found',
        message: `This FlowSchema references the PriorityLevelConfiguration object named "${name}" and it exists`,
      }
    : {
        status: 'True' as const,
        reason: 'NotFound',
        message: `This FlowSchema references the PriorityLevelConfiguration object named "${name}" but there is no such object`,
      }
  const found = status.conditions?.find(c => c.type === 'Dangling')
  if (found && found.status === wanted.status && found.reason === wanted.reason && found.message === wanted.message) return undefined
  const lastTransitionTime = found?.status === wanted.status ? found.lastTransitionTime : undefined
  return { type: 'Dangling', ...wanted, lastTransitionTime: lastTransitionTime ?? formatTime(nowMs) }
}
