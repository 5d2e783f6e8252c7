// The Pod Security Standards as a namespace asks for them: a level and a version for each of three modes, in labels.

import { kubernetesVersion } from '../../../base/version.ts'
import type { FieldError } from '../../../meta/field-error.ts'
import { invalidValue } from '../../../meta/field-error.ts'

export type Level = 'privileged' | 'baseline' | 'restricted'
export type Mode = 'enforce' | 'audit' | 'warn'

export interface Policy {
  readonly level: Level
  /** The minor version whose checks apply; later checks are left out. */
  readonly minor: number
  /** As the namespace writes it: `latest` or `v1.24`. */
  readonly version: string
}

export const modes: readonly Mode[] = ['enforce', 'audit', 'warn']
const levels: readonly Level[] = ['privileged', 'baseline', 'restricted']
const prefix = 'pod-security.kubernetes.io/'
const latestMinor = Number(/^v1\.(\d+)/.exec(kubernetesVersion)?.[1])

type Labels = Readonly<Record<string, string>> | undefined

/** What the labels ask for in a mode. A level that nobody knows counts as the strictest, so that a slip protects. */
export function policyOf(labels: Labels, mode: Mode): Policy {
  const level = labels?.[prefix + mode] ?? 'privileged'
  const version = labels?.[`${prefix}${mode}-version`] ?? 'latest'
  return { level: isLevel(level) ? level : 'restricted', version, minor: minorOf(version) ?? latestMinor }
}

export function policyName({ level, version }: Policy): string {
  return `${level}:${version}`
}

/** Errors of the labels of a namespace. */
export function labelErrors(labels: Labels): readonly FieldError[] {
  return modes.flatMap(mode => {
    const level = labels?.[prefix + mode]
    const version = labels?.[`${prefix}${mode}-version`]
    return [
      ...(level === undefined || isLevel(level)
        ? []
        : [invalidValue(`metadata.labels[${prefix}${mode}]`, level, `must be one of ${levels.join(', ')}`)]),
      ...(version === undefined || minorOf(version) !== undefined
        ? []
        : [invalidValue(`metadata.labels[${prefix}${mode}-version]`, version, 'must be "latest" or "v1.x"')]),
    ]
  })
}

function isLevel(text: string): text is Level {
  return (levels as readonly string[]).includes(text)
}

function minorOf(version: string): number | undefined {
  if (version === 'latest') return latestMinor
  const [, minor] = /^v1\.(0|[1-9]\d*)$/.exec(version) ?? []
  return minor === undefined ? undefined : Number(minor)
}
