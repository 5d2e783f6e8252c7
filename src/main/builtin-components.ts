// The parts of Coxswain that a node runs as processes, as the kubelet shows them in kube-system.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { AgentConfig } from '../cluster/agent-config.ts'
import type { BuiltinPod } from '../kubelet/mirror/builtin-pods.ts'
import { type DaemonRecord, isAlive, readProcess, startedAtMs } from '../platform/process.ts'

const version = '0.1.0'
const controlPlane = ['store', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler'] as const

export function builtinComponents(config: AgentConfig): readonly BuiltinPod[] {
  const { nodeName, logsDir, controlPlane: plane } = config
  const proxy: BuiltinPod = {
    name: 'kube-proxy',
    image: `coxswain.local/kube-proxy:${version}`,
    command: ['kube-proxy'],
    labels: { 'k8s-app': 'kube-proxy' },
    logFile: join(logsDir, `kube-proxy-${nodeName}.log`),
    priorityClassName: 'system-node-critical',
    process: async () => processOf(process.pid),
  }
  const components = plane
    ? controlPlane.map(
        (name): BuiltinPod => ({
          name,
          image: `coxswain.local/${name}:${version}`,
          command: [name],
          labels: { component: name, tier: 'control-plane' },
          logFile: join(plane.logsDir, `${name}.log`),
          priorityClassName: 'system-node-critical',
          process: async () => recorded(plane.pidFile),
        }),
      )
    : []
  return config.runsProxy ? [...components, proxy] : components
}

function recorded(pidFile: string): { pid: number; startedAtMs: number } | undefined {
  try {
    const record = JSON.parse(readFileSync(pidFile, 'utf8')) as DaemonRecord
    return isAlive(record) ? processOf(record.pid) : undefined
  } catch {
    // No record, or one that is being written: there is no process to show right now.
    return undefined
  }
}

function processOf(pid: number): { pid: number; startedAtMs: number } | undefined {
  const found = readProcess(pid)
  return found && { pid, startedAtMs: startedAtMs(found.startTime) }
}
