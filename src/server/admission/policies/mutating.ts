// MutatingAdmissionPolicy: expressions change the objects of requests, by merging or by JSON patches.
import type { MutatingAdmissionPolicy, Mutation as MutationSpec } from '../../../api/admissionregistration/mutating-admission-policy.ts'
import type { MutatingAdmissionPolicyBinding } from '../../../api/admissionregistration/mutating-admission-policy-binding.ts'
import { constructedJson } from '../../../cel/admission/mutation-types.ts'
import type { Program } from '../../../cel/compile.ts'
import { EvaluationError } from '../../../cel/errors.ts'
import { runtimeBudget } from '../../../cel/limits.ts'
import { List, Struct, type Value } from '../../../cel/values.ts'
import { checkTyped } from '../../../meta/apply/check.ts'
import { merge } from '../../../meta/apply/merge.ts'
import { deepEqual } from '../../../meta/deep-equal.ts'
import type { TypedObject } from '../../../meta/object-meta.ts'
import { applyJsonPatch } from '../../../meta/patch/json.ts'
import { StatusError } from '../../../meta/status-error.ts'
import type { SchemaNode } from '../../../schema/schema.ts'
import { decodeObject, ignored } from '../../body.ts'
import type { AdmissionPlugin, Asked, Changeable } from '../admission.ts'
import { isExemptFromPolicies, type Subject, subjectOf } from '../matching.ts'
import { Rounds } from '../rounds.ts'
import type { MutatingPolicies } from './bound-policies.ts'
import { meetsConditions } from './conditions.ts'
import { Evaluation } from './evaluation.ts'
import { type Invocation, invocationsOf, type PolicyWorld, valuesFor } from './invocations.ts'

type Call = Invocation<MutatingAdmissionPolicy, MutatingAdmissionPolicyBinding>
type Json = Readonly<Record<string, unknown>>

const name = 'MutatingAdmissionPolicy'

export function mutatingPolicyPlugin(policies: MutatingPolicies, world: PolicyWorld): AdmissionPlugin {
  const ask = <O extends TypedObject>(request: Asked<O>, rounds: Rounds): O | undefined => {
    if (policies.isEmpty) return request.object
    const subject = subjectOf(request)
    const concerning = policies.concerning(subject)
    return concerning.length > 0 && !isExemptFromPolicies(subject) ? mutate(concerning, request, subject, world, rounds) : request.object
  }
  const change = <O extends TypedObject>(request: Changeable<O>, _: unknown, rounds: Rounds): O => ask(request, rounds) ?? request.object
  return {
    name,
    mutate: change,
    mutateConnection: change,
    admitDeletion(request) {
      ask(request, new Rounds())
    },
  }
}

/** What becomes of the object; undefined where the request has none, of which only the conditions can fail. */
function mutate<O extends TypedObject>(
  concerning: ReturnType<MutatingPolicies['concerning']>,
  request: Asked<O>,
  subject: Subject,
  world: PolicyWorld,
  rounds: Rounds,
): O | undefined {
  const { invocations, misconfigured } = invocationsOf(concerning, subject, world)
  const errors: string[] = []
  const fail = (policy: MutatingAdmissionPolicy, binding: MutatingAdmissionPolicyBinding | undefined, error: string): void => {
    if (policy.spec.failurePolicy === 'Ignore') return
    const by = binding ? ` with binding '${binding.metadata.name}'` : ''
    errors.push(`policy '${policy.metadata.name}'${by} denied request: ${error}`)
  }
  for (const { policy, binding, error } of misconfigured) fail(policy, binding, error)
  let { object } = request
  const turn = rounds.turn(name, object)
  for (const invocation of invocations) {
    const { policy, programs } = invocation.policy
    const asked = { ...request, object }
    const meets = meetsConditions(policy.spec.matchConditions, programs, valuesFor(asked, subjectOf(asked), invocation, world))
    if (typeof meets === 'object') fail(policy, invocation.binding, meets.error)
    const key = keyOfInvocation(invocation)
    if (meets !== true || !turn.isDue(key)) continue
    const outcome = object && change(invocation, { ...request, object }, world)
    for (const error of outcome?.errors ?? []) fail(policy, invocation.binding, error)
    if (outcome?.object !== object) turn.changed()
    turn.asked(key, policy.spec.reinvocationPolicy)
    object = outcome?.object
  }
  // As upstream has it: who wishes to be asked again is, also where nothing but itself has changed the object.
  if (object !== request.object) turn.changed()
  turn.end(object)
  if (errors.length > 0) throw denied(request, subject, errors)
  return object
}

/** The same in both rounds. */
function keyOfInvocation({ policy, binding, params }: Call): string {
  return [policy.policy.metadata.name, binding.metadata.name, params?.metadata.namespace, params?.metadata.name].join('/')
}

function denied({ call }: Asked, { name }: Subject, errors: readonly string[]): StatusError {
  const { details } = StatusError.forbidden(call.resource, name, '').status
  return new StatusError('Invalid', errors[0] ?? '', { ...details, causes: errors.map(message => ({ message })) })
}

interface Outcome<O> {
  readonly object: O
  readonly errors: readonly string[]
}

/** Each mutation sees what those before it have made; one that fails leaves the object as it is. */
function change<O extends TypedObject>(invocation: Call, request: Changeable<O>, world: PolicyWorld): Outcome<O> {
  const { policy, programs } = invocation.policy
  const { mutations = [] } = policy.spec
  let { object } = request
  const errors: string[] = []
  for (const [i, mutation] of mutations.entries()) {
    const part = mutation.patchType === 'JSONPatch' ? 'jsonPatch' : 'applyConfiguration'
    const program = programs.at(`spec.mutations[${i}].${part}.expression`)
    if (!program) continue
    const current = { ...request, object }
    const values = valuesFor(request, subjectOf(current), invocation, world)
    const made = apply(mutation, program, new Evaluation(values, programs, runtimeBudget), current)
    if ('error' in made) errors.push(made.error)
    else object = made.object
  }
  return { object, errors }
}

function apply<O extends TypedObject>(
  mutation: MutationSpec,
  program: Program,
  evaluation: Evaluation,
  request: Changeable<O>,
): { readonly object: O } | { readonly error: string } {
  const { kind, object } = request
  const text = mutation.jsonPatch?.expression ?? mutation.applyConfiguration?.expression ?? ''
  const result = evaluation.run(program, text)
  if (result.kind !== 'value') return { error: result.error }
  try {
    const changed = mutation.patchType === 'JSONPatch' ? patched(object, result.value) : merged(request, result.value)
    const next = decodeObject(kind, changed, ignored())
    return { object: deepEqual(next, object) ? object : next }
  } catch (error) {
    // A test that fails is not an error: the patch is not for this object.
    if (error instanceof TestFailed) return { object }
    if (error instanceof Unmergeable) return { error: `error applying patch: ${error.message}` }
    if (error instanceof EvaluationError) return { error: `type mismatch: ${error.message}` }
    if (error instanceof StatusError) return { error: error.status.details?.causes?.[0]?.message ?? error.message }
    throw error
  }
}

class TestFailed extends Error {
  override readonly name = 'TestFailed'
}

function patched(object: TypedObject, value: Value): unknown {
  if (!(value instanceof List)) throw new EvaluationError('JSONPatchType.expression should evaluate to array')
  let document: unknown = object
  for (const item of value.toArray()) {
    const operation = operationOf(item)
    try {
      document = applyJsonPatch(document, [operation])
    } catch (error) {
      if (operation['op'] === 'test' && error instanceof StatusError) throw new TestFailed()
      throw error
    }
  }
  return document
}

function operationOf(item: Value): Json {
  if (!(item instanceof Struct) || item.celType.name !== 'JSONPatch')
    throw new EvaluationError('JSONPatchType.expression should evaluate to array of JSONPatch')
  const value = item.get('value')
  const from = item.get('from')
  return {
    op: item.get('op') ?? '',
    path: item.get('path') ?? '',
    ...(from !== undefined && from !== '' && { from }),
    ...(value !== undefined && { value: constructedJson(value) }),
  }
}

class Unmergeable extends Error {
  override readonly name = 'Unmergeable'
}

/** As server-side apply merges, but that lists that it would replace whole may not be set. */
function merged({ operation, kind, object }: Changeable<TypedObject>, value: Value): unknown {
  const { node } = kind.schema
  const config = constructedJson(value) as Json
  const typed = { apiVersion: object.apiVersion, kind: object.kind, ...config }
  // Options are in no published schema, by which upstream merges.
  const isUnknown = operation === 'CONNECT'
  const problem = isUnknown ? `no corresponding type for ${kind.group}/${kind.version}, Kind=${kind.kind}` : checkTyped(node, typed)
  if (problem !== undefined) throw new Unmergeable(`failed to convert patch object to typed object: ${problem}`)
  const atomic = atomics(node, config, '')
  if (atomic.length > 0)
    throw new Unmergeable(`invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: ${atomic.join(', ')}`)
  return merge(node, object, typed)
}

/** Paths of lists, maps and objects that are replaced as a whole: merging into them would drop what others have set there. */
function atomics(node: SchemaNode, value: unknown, path: string): readonly string[] {
  if (Array.isArray(value)) {
    if (node.type !== 'array') return []
    const isAtomic = node.listType !== 'map' && node.listType !== 'set'
    return [...(isAtomic ? [path] : []), ...value.flatMap((item, i) => atomics(node.items, item, `${path}[${i}]`))]
  }
  if (typeof value !== 'object' || value === null) return []
  const isAtomic = 'mapType' in node && node.mapType === 'atomic'
  const members = node.type === 'object' ? Object.entries(value) : []
  return [
    ...(isAtomic ? [path] : []),
    ...members.flatMap(([key, member]) => {
      const inner = node.type === 'object' ? node.fields[key]?.node : undefined
      return inner ? atomics(inner, member, `${path}.${key}`) : []
    }),
  ]
}
