// Holds the expressions of validating policies against the types that they are about, and tells in the status what does not fit. A policy is
// in force whatever is found: its objects are seen without types.

import { validatingPolicyExpressions } from '../../api/admissionregistration/expressions.ts'
import type { NamedRuleWithOperations } from '../../api/admissionregistration/rules.ts'
import { ValidatingAdmissionPolicy } from '../../api/admissionregistration/validating-admission-policy.ts'
import { apiVersionOf, type Kind, keyOf } from '../../api/kind.ts'
import { compileExpressions } from '../../cel/admission/programs.ts'
import { declareNode } from '../../cel/declare.ts'
import type { Type } from '../../cel/types.ts'
import { nothingToDo, type Reconciler, watch } from '../runtime/reconciler.ts'
import { write } from '../runtime/writes.ts'

type Policy = ValidatingAdmissionPolicy
type Status = Policy['status']
type Warning = NonNullable<NonNullable<Status['typeChecking']>['expressionWarnings']>[number]

/** A type that objects may have. */
interface Candidate {
  readonly group: string
  readonly version: string
  readonly kind: string
  readonly plural: string
  readonly type: Type
}

const mostTypes = 10

/** `kinds` gives what is served. */
export function policyTypeCheckingController(kinds: () => readonly Kind[]): Reconciler {
  return {
    name: 'validatingadmissionpolicy-status-controller',
    watches: [watch(ValidatingAdmissionPolicy, policy => [keyOf(policy)])],
    reconcile(key, { view }) {
      const policy = view.get(ValidatingAdmissionPolicy, key)
      const { generation } = policy?.metadata ?? {}
      if (!policy || generation === undefined || policy.status.observedGeneration === generation) return nothingToDo
      const warnings = warningsOf(policy, kinds().map(candidate))
      const typeChecking = warnings.length > 0 ? { expressionWarnings: warnings } : {}
      const status: Status = { ...policy.status, observedGeneration: generation, typeChecking }
      return { writes: [write.updateStatus(ValidatingAdmissionPolicy, { ...policy, status })] }
    },
  }
}

function candidate({ group, version, kind, plural, schema }: Kind): Candidate {
  return { group, version, kind, plural, type: declareNode(schema.node) }
}

function warningsOf(policy: Policy, all: readonly Candidate[]): readonly Warning[] {
  const { paramKind, matchConstraints } = policy.spec
  const params = all.find(
    ({ group, version, kind }) => kind === paramKind?.kind && apiVersionOf({ group, version }) === paramKind?.apiVersion,
  )
  const expressions = validatingPolicyExpressions(policy)
  const found = new Map<string, string[]>()
  for (const candidate of meant(matchConstraints?.resourceRules, all)) {
    const known = { object: candidate.type, ...(params && { params: params.type }), anyResult: true }
    for (const { expression, compiled } of compileExpressions(expressions, known)) {
      // Only of what the validations say is anything told.
      if (!('error' in compiled) || !expression.field.startsWith('spec.validations')) continue
      const { group, version, kind } = candidate
      const warning = `${apiVersionOf({ group, version })}, Kind=${kind}: ${compiled.error}\n`
      found.set(expression.field, [...(found.get(expression.field) ?? []), warning])
    }
  }
  return [...found].map(([fieldRef, warnings]) => ({ fieldRef, warning: warnings.join('\n') }))
}

/** The types that rules name; with a wildcard in a rule it is not known what they are. */
function meant(rules: readonly NamedRuleWithOperations[] | undefined = [], all: readonly Candidate[]): readonly Candidate[] {
  const named = rules.flatMap(({ apiGroups = [], apiVersions = [], resources = [] }) => {
    if (apiGroups.includes('*') || apiVersions.includes('*')) return []
    return all.filter(
      ({ group, version, plural }) => apiGroups.includes(group) && apiVersions.includes(version) && resources.includes(plural),
    )
  })
  return [...new Set(named)].slice(0, mostTypes).toSorted((a, b) => (gvk(a) < gvk(b) ? -1 : 1))
}
const gvk = ({ group, version, kind }: Candidate): string => `${group}\n${version}\n${kind}`
