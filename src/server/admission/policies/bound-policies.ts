// The policies that bindings put into force, compiled, and which of them may concern a request: that is looked up by its resource, so that
// a request that none is about costs a look into a map.
import { type Expression, mutatingPolicyExpressions, validatingPolicyExpressions } from '../../../api/admissionregistration/expressions.ts'
import { MutatingAdmissionPolicy } from '../../../api/admissionregistration/mutating-admission-policy.ts'
import { MutatingAdmissionPolicyBinding } from '../../../api/admissionregistration/mutating-admission-policy-binding.ts'
import { ValidatingAdmissionPolicy } from '../../../api/admissionregistration/validating-admission-policy.ts'
import { ValidatingAdmissionPolicyBinding } from '../../../api/admissionregistration/validating-admission-policy-binding.ts'
import type { Kind } from '../../../api/kind.ts'
import { type Programs, programsOf } from '../../../cel/admission/programs.ts'
import type { KubeObject } from '../../../meta/object-meta.ts'
import { type Resource, type ResourceTable, resourceFor } from '../../resource.ts'
import type { Storage } from '../../storage.ts'
import { matchedResource, type Subject } from '../matching.ts'

export interface BoundPolicy<P, B> {
  readonly policy: P
  readonly programs: Programs
  readonly bindings: readonly B[]
}

export type ValidatingPolicies = BoundPolicies<ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding>
export type MutatingPolicies = BoundPolicies<MutatingAdmissionPolicy, MutatingAdmissionPolicyBinding>

export const validatingPolicies = (storage: Storage, resources: ResourceTable): ValidatingPolicies =>
  new BoundPolicies(storage, resources, ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding, validatingPolicyExpressions)
export const mutatingPolicies = (storage: Storage, resources: ResourceTable): MutatingPolicies =>
  new BoundPolicies(storage, resources, MutatingAdmissionPolicy, MutatingAdmissionPolicyBinding, mutatingPolicyExpressions)

type Policy = KubeObject &
  Pick<ValidatingAdmissionPolicy, 'metadata'> & { readonly spec: Pick<ValidatingAdmissionPolicy['spec'], 'matchConstraints'> }
type Binding = KubeObject & { readonly spec: { readonly policyName?: string | undefined } }

export class BoundPolicies<P extends Policy, B extends Binding> {
  readonly #storage: Storage
  readonly #resources: ResourceTable
  readonly #policyKind: Kind<P>
  readonly #bindingKind: Kind<B>
  readonly #expressions: (policy: P) => readonly Expression[]
  readonly #programs = new WeakMap<P, Programs>()
  readonly #stops: readonly (() => void)[]
  #all: readonly BoundPolicy<P, B>[] | undefined
  /** By resource, operation and subresource, for as long as neither policies nor resources change. */
  #concerning = new Map<Resource, Map<string, readonly BoundPolicy<P, B>[]>>()
  #seen: readonly Resource[] = []

  constructor(
    storage: Storage,
    resources: ResourceTable,
    policyKind: Kind<P>,
    bindingKind: Kind<B>,
    expressions: (policy: P) => readonly Expression[],
  ) {
    this.#storage = storage
    this.#resources = resources
    this.#policyKind = policyKind
    this.#bindingKind = bindingKind
    this.#expressions = expressions
    this.#stops = [this.#follow(policyKind), this.#follow(bindingKind)]
  }

  /** Whether there are none: nothing need be known of a request then. */
  get isEmpty(): boolean {
    this.#all ??= this.#bound()
    return this.#all.length === 0
  }

  /** In the order in which they are held: by name. */
  concerning(subject: Subject): readonly BoundPolicy<P, B>[] {
    this.#all ??= this.#bound()
    if (this.#all.length === 0) return none
    if (this.#seen !== this.#resources.all) {
      this.#seen = this.#resources.all
      this.#concerning.clear()
    }
    const key = `${subject.operation}/${subject.subresource}`
    let ofResource = this.#concerning.get(subject.resource)
    if (!ofResource) {
      ofResource = new Map()
      this.#concerning.set(subject.resource, ofResource)
    }
    let found = ofResource.get(key)
    if (!found) {
      found = this.#all.filter(({ policy }) => this.#mayConcern(policy, subject))
      ofResource.set(key, found)
    }
    return found
  }

  close(): void {
    for (const stop of this.#stops) stop()
  }

  #follow(kind: Kind<P> | Kind<B>): () => void {
    return this.#storage.follow(resourceFor(kind as unknown as Kind), () => {
      this.#all = undefined
      this.#concerning.clear()
    })
  }

  #bound(): readonly BoundPolicy<P, B>[] {
    const bindings = Map.groupBy(this.#storage.all(this.#bindingKind), ({ spec }) => spec.policyName ?? '')
    return this.#storage.all(this.#policyKind).flatMap(policy => {
      const own = bindings.get(policy.metadata.name)
      return own ? [{ policy, programs: this.#programsOf(policy), bindings: own }] : []
    })
  }

  #programsOf(policy: P): Programs {
    let programs = this.#programs.get(policy)
    if (!programs) {
      programs = programsOf(this.#expressions(policy))
      this.#programs.set(policy, programs)
    }
    return programs
  }

  /** Whatever the object's name. */
  #mayConcern({ spec: { matchConstraints } }: P, subject: Subject): boolean {
    const rules = matchConstraints?.resourceRules
    if (!rules?.length) return true
    const ofAnyName = rules.map(({ resourceNames, ...rule }) => rule)
    return matchedResource(subject, ofAnyName, matchConstraints?.matchPolicy, this.#resources) !== undefined
  }
}

const none: readonly never[] = []
