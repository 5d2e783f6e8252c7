// A pod's sandbox in the runtime: created, looked at.

import type { Pod } from '../../api/core/pod.ts'
import { readTextIfThere } from '../host.ts'
import { runtimeText } from '../images/images.ts'
import type { PodSandboxConfig } from '../runtime/cri-config.ts'
import type { ActionOf } from './actions.ts'
import { kernelAmounts, podDemand } from './container-resources.ts'
import { podResolver, readResolvConf } from './host-files.ts'
import { observedSandbox } from './inspect.ts'
import type { PodMemory } from './memory.ts'
import { identityOf, podLogFolder } from './names.ts'
import { type OperationDependencies, OperationError } from './operation.ts'
import { sandboxConfig } from './sandbox-config.ts'

export async function sandboxConfigOf(pod: Pod, attempt: number, { host, config }: OperationDependencies): Promise<PodSandboxConfig> {
  const node = readResolvConf((await readTextIfThere(host.files, config.resolvConf)) ?? '')
  return sandboxConfig({
    pod,
    attempt,
    resolver: podResolver(pod, node, { dns: config.clusterDns, domain: config.clusterDomain }),
    podLogDir: config.podLogDir,
    cgroupRoot: config.cgroupRoot,
    clusterDomain: config.clusterDomain,
    seccompDir: `${config.rootDir}/seccomp`,
  })
}

export async function createSandbox(
  { attempt, replaces }: ActionOf<'createSandbox'>,
  memory: PodMemory,
  deps: OperationDependencies,
): Promise<void> {
  const { runtime, host, config, cgroups } = deps
  const { pod } = memory
  const amounts = kernelAmounts(podDemand(pod.spec))
  try {
    if (replaces !== undefined) {
      deps.events(pod, 'Normal', 'SandboxChanged', 'Pod sandbox changed, it will be killed and re-created.')
      await runtime.stopPodSandbox(replaces)
    }
    const [wanted] = await Promise.all([
      sandboxConfigOf(pod, attempt, deps),
      cgroups.ensurePod(pod, amounts),
      host.files.mkdir(podLogFolder(config.podLogDir, identityOf(pod)), { recursive: true }),
    ])
    memory.cgroup = amounts
    const id = await runtime.runPodSandbox(wanted, pod.spec.runtimeClassName ?? '')
    memory.sandboxes.set(id, observedSandbox(await runtime.podSandboxStatus(id)))
  } catch (error) {
    const message = `Failed to create pod sandbox: ${runtimeText(error)}`
    deps.events(pod, 'Warning', 'FailedCreatePodSandBox', message)
    throw new OperationError('FailedCreatePodSandBox', message, { cause: error })
  }
}

export async function inspectSandbox(id: string, memory: PodMemory, { runtime }: OperationDependencies): Promise<void> {
  memory.sandboxes.set(id, observedSandbox(await runtime.podSandboxStatus(id)))
}
