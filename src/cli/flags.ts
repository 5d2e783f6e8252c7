// The flags that commands share, and how values are read.
import { formatGoDuration, parseGoDuration } from '../base/go-duration.ts'
import { clusterNameProblem } from '../cluster/config.ts'
import type { Flag } from './command.ts'

export const defaultCluster = 'coxswain'

/** Which cluster is meant. */
export const clusterName: Flag<string> = {
  help: 'name of the cluster',
  placeholder: 'NAME',
  default: defaultCluster,
  defaultText: defaultCluster,
  parse: parseClusterName,
}

export const kubeconfig: Flag<string | undefined> = {
  help: 'kubeconfig file, instead of $KUBECONFIG or ~/.kube/config',
  placeholder: 'FILE',
  default: undefined,
  parse: text => text,
}

export function onOff(help: string): Flag<boolean> {
  return { help, default: false, parse: () => true }
}

export function optionalText(help: string, placeholder: string): Flag<string | undefined> {
  return { help, placeholder, default: undefined, parse: text => text }
}

export function commaList(help: string, placeholder: string): Flag<readonly string[]> {
  return { help, placeholder, default: [], parse: text => text.split(',').filter(each => each !== '') }
}

export function duration(help: string, defaultMs: number): Flag<number> {
  return { help, placeholder: 'DURATION', default: defaultMs, defaultText: formatGoDuration(defaultMs), parse: parseDuration }
}

export function parseClusterName(text: string): string {
  const problem = clusterNameProblem(text)
  if (problem !== undefined) throw new RangeError(problem)
  return text
}

function parseDuration(text: string): number {
  const parsed = parseGoDuration(text)
  if (!parsed.ok) throw new RangeError(`${JSON.stringify(text)} is no duration such as 60s or 2m30s`)
  if (parsed.ms < 0) throw new RangeError('must not be negative')
  return parsed.ms
}
