// What a pod violates of a policy, in one line.
import type { PodSpec } from '../../../api/core/pod-spec.ts'
import { type CheckedPod, checks, type Violation } from './checks.ts'
import { type Policy, policyName } from './levels.ts'

/** Pods of one template are judged once for each policy, where no annotation has a say. */
const judged = new WeakMap<PodSpec, Map<string, readonly Violation[]>>()
const none: CheckedPod['annotations'] = {}

export function violationsOf(pod: CheckedPod, policy: Policy): readonly Violation[] {
  if (policy.level === 'privileged') return []
  if (Object.keys(pod.annotations).some(key => key.includes('apparmor') || key.includes('seccomp'))) return evaluate(pod, policy)
  const known = judged.get(pod.spec) ?? new Map<string, readonly Violation[]>()
  judged.set(pod.spec, known)
  const name = policyName(policy)
  const found = known.get(name) ?? evaluate({ ...pod, annotations: none }, policy)
  known.set(name, found)
  return found
}

function evaluate(pod: CheckedPod, { level, minor }: Policy): readonly Violation[] {
  const inForce = checks.filter(check => check.since <= minor && (check.level === 'baseline' || level === 'restricted'))
  const replaced = new Set(inForce.map(check => check.replaces))
  return inForce.filter(check => !replaced.has(check.id)).flatMap(check => check.run(pod, minor) ?? [])
}

/** `host namespaces (hostPID=true), privileged (container "c" must ...)`. */
export function describeViolations(violations: readonly Violation[]): string {
  return violations.map(({ reason, detail }) => `${reason} (${detail})`).join(', ')
}

/** Reasons alone, each once. */
export function describeReasons(violations: readonly Violation[]): string {
  return [...new Set(violations.map(v => v.reason))].join(', ')
}
