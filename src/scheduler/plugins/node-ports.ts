import { fits, type Plugin, rejects } from '../framework.ts'
import { demandOf, type HostPort, portsConflict } from '../pod-demand.ts'

/** Two pods cannot have the same port of one host. */
export const nodePorts: Plugin<readonly HostPort[]> = {
  name: 'NodePorts',
  requeueOn: [
    { kind: 'Node', actions: ['add'] },
    { kind: 'Pod/assigned', actions: ['delete'] },
  ],
  mayHelp: (pod, event) => !event.pod || demandOf(event.pod).hostPorts.some(a => demandOf(pod).hostPorts.some(b => portsConflict(a, b))),
  preFilter: pod => {
    const { hostPorts } = demandOf(pod)
    return hostPorts.length === 0 ? { kind: 'skip' } : { kind: 'go on', state: hostPorts }
  },
  filter: (_pod, { hostPorts }, wanted) =>
    hostPorts.some(taken => wanted.some(port => portsConflict(taken, port)))
      ? rejects("node(s) didn't have free ports for the requested pod ports")
      : fits,
}
