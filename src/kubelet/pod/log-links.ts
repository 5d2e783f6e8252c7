// The links by which log collectors find container logs, and the removal of logs.

import type { Pod } from '../../api/core/pod.ts'
import type { ActionOf } from './actions.ts'
import type { PodMemory } from './memory.ts'
import { containerLogPath, identityOf, podLogFolder } from './names.ts'
import type { OperationDependencies } from './operation.ts'

/** `<pod>_<namespace>_<container>-<id>.log`, where log collectors look. */
function logLink({ metadata }: Pod, container: string, id: string, dir: string): string {
  return `${dir}/${metadata.name}_${metadata.namespace}_${container}-${id}.log`
}

export async function linkLog(
  id: string,
  { container, attempt }: ActionOf<'startContainer'>,
  { pod }: PodMemory,
  { host, config }: OperationDependencies,
): Promise<void> {
  const target = `${podLogFolder(config.podLogDir, identityOf(pod))}/${containerLogPath(container, attempt)}`
  const link = logLink(pod, container, id, config.containerLogDir)
  await host.files.mkdir(config.containerLogDir, { recursive: true })
  await host.files.rm(link, { force: true })
  await host.files.symlink(target, link)
}

export async function removeLog(id: string, { containers, pod }: PodMemory, { host, config }: OperationDependencies): Promise<void> {
  const found = containers.get(id)
  if (!found) return
  const folder = `${podLogFolder(config.podLogDir, identityOf(pod))}/${found.name}`
  const names = await host.files.readdir(folder).catch((): string[] => [])
  // The log of an attempt, with its rotated pieces.
  const mine = names.filter(name => name.startsWith(`${found.attempt}.log`))
  await Promise.all([
    ...mine.map(name => host.files.rm(`${folder}/${name}`, { force: true })),
    host.files.rm(logLink(pod, found.name, id, config.containerLogDir), { force: true }),
  ])
}

/** The last traces on disk: logs and the links to them. */
export async function removeLogs({ pod, containers }: PodMemory, { host, config }: OperationDependencies): Promise<void> {
  for (const { id, name } of containers.values()) await host.files.rm(logLink(pod, name, id, config.containerLogDir), { force: true })
  const prefix = `${pod.metadata.name}_${pod.metadata.namespace}_`
  const links = await host.files.readdir(config.containerLogDir).catch((): string[] => [])
  const folder = podLogFolder(config.podLogDir, identityOf(pod))
  for (const link of links.filter(name => name.startsWith(prefix))) {
    const path = `${config.containerLogDir}/${link}`
    const target = await host.files.readlink(path).catch(() => '')
    if (target.startsWith(`${folder}/`)) await host.files.rm(path, { force: true })
  }
  await host.files.rm(folder, { recursive: true, force: true })
}
