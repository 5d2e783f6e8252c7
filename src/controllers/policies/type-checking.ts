// Holds the expressions of validating policies against the types that they are about, and tells in the status what does not fit. A policy is
// in force whatever is found: its objects are seen without types.

import { validatingPolicyExpressions } from '../../api/admissionregistration/expressions.ts'
import type { NamedRuleWithOperations } from '../../api/admissionregistration/rules.ts'
import { ValidatingAdmissionPolicy } from '../../api/admissionregistration/validating-admission-policy.ts'
import {
  type CustomResourceDefinition,
  CustomResourceDefinition as DefinitionKind,
  schemaOf,
} from '../../api/apiextensions/custom-resource-definition.ts'
import { apiVersionOf, type Kind, keyOf } from '../../api/kind.ts'
import { compileExpressions } from '../../cel/admission/programs.ts'
import { declareNode, declareSchema } from '../../cel/declare.ts'
import type { Type } from '../../cel/types.ts'
import { nothingToDo, type Reconciler, readOnly, watch } from '../runtime/reconciler.ts'
import type { View } from '../runtime/view.ts'
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
  readonly type: Type | undefined
}

const mostTypes = 10

/** `kinds` are those that are built in. */
export function policyTypeCheckingController(kinds: readonly Kind[]): Reconciler {
  return {
    name: 'validatingadmissionpolicy-status-controller',
    watches: [watch(ValidatingAdmissionPolicy, policy => [keyOf(policy)]), readOnly(DefinitionKind)],
    reconcile(key, { view }) {
      const policy = view.get(ValidatingAdmissionPolicy, key)
      const { generation } = policy?.metadata ?? {}
      if (!policy || generation === undefined || policy.status.observedGeneration === generation) return nothingToDo
      const warnings = warningsOf(policy, candidates(kinds, view))
      const typeChecking = warnings.length > 0 ? { expressionWarnings: warnings } : {}
      const status: Status = { ...policy.status, observedGeneration: generation, typeChecking }
      return { writes: [write.updateStatus(ValidatingAdmissionPolicy, { ...policy, status })] }
    },
  }
}

function candidates(kinds: readonly Kind[], view: View): readonly Candidate[] {
  const builtIn = kinds.map(({ group, version, kind, plural, schema }) => ({
    group,
    version,
    kind,
    plural,
    type: declareNode(schema.node),
  }))
  return [...builtIn, ...view.list(DefinitionKind).flatMap(customTypes)]
}

function customTypes({ spec }: CustomResourceDefinition): readonly Candidate[] {
  const { kind, plural } = spec.names
  return spec.versions.map(version => {
    const type = declareSchema(schemaOf(version), true, kind)
    return { group: spec.group, version: version.name, kind, plural, type }
  })
}

function warningsOf(policy: Policy, all: readonly Candidate[]): readonly Warning[] {
  const { paramKind, matchConstraints } = policy.spec
  const params = all.find(
    ({ group, version, kind }) => kind === paramKind?.kind && apiVersionOf({ group, version }) === paramKind?.apiVersion,
  )
  const expressions = validatingPolicyExpressions(policy)
  const found = new Map<string, string[]>()
  for (const candidate of meant(matchConstraints?.resourceRules, all)) {
    const { type } = candidate
    if (!type) continue
    const known = { object: type, ...(params?.type && { params: params.type }), anyResult: true }
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
