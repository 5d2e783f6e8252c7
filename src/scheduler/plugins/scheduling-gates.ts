import { fits, type Plugin, rejectsForGood } from '../framework.ts'

/** A pod waits outside the queue until its gates are taken away. */
export const schedulingGates: Plugin = {
  name: 'SchedulingGates',
  requeueOn: [{ kind: 'Pod/self', actions: ['update'] }],
  preEnqueue: ({ spec }) => {
    const gates = (spec.schedulingGates ?? []).map(gate => gate.name)
    return gates.length === 0 ? fits : rejectsForGood(`waiting for scheduling gates: [${gates.join(' ')}]`)
  },
}
