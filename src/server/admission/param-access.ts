// Policies read their parameters for everybody: only who may read them may say that they do. Of a policy that is every object of the kind;
// of a binding, those that it names.

import { MutatingAdmissionPolicy } from '../../api/admissionregistration/mutating-admission-policy.ts'
import type { MutatingAdmissionPolicyBinding } from '../../api/admissionregistration/mutating-admission-policy-binding.ts'
import type { ParamKind } from '../../api/admissionregistration/policy.ts'
import { ValidatingAdmissionPolicy } from '../../api/admissionregistration/validating-admission-policy.ts'
import { storedKinds } from '../../api/all.ts'
import { CustomResourceDefinition } from '../../api/apiextensions/custom-resource-definition.ts'
import { deepEqual } from '../../meta/deep-equal.ts'
import { type FieldError, forbiddenValue } from '../../meta/field-error.ts'
import { StatusError } from '../../meta/status-error.ts'
import { groups, type UserInfo } from '../authn/user-info.ts'
import { resourceAttributes } from '../authz/attributes.ts'
import type { Authorizer } from '../authz/authorizer.ts'
import type { Storage } from '../storage.ts'
import type { AdmissionPlugin } from './admission.ts'

type Policy = ValidatingAdmissionPolicy | MutatingAdmissionPolicy
/** What is looked at is the same in both. */
type Binding = MutatingAdmissionPolicyBinding

const policies = [ValidatingAdmissionPolicy, MutatingAdmissionPolicy] as const

export function paramAccess(authorizer: Authorizer): AdmissionPlugin {
  const check = (storage: Storage, user: UserInfo, kind: string, next: unknown, previous: unknown): FieldError | undefined =>
    kind.endsWith('Binding')
      ? checkBinding(
          { authorizer, storage, user, policyKind: kind.slice(0, -'Binding'.length) },
          next as Binding,
          previous as Binding | undefined,
        )
      : checkPolicy({ authorizer, storage, user }, next as Policy, previous as Policy | undefined)
  return {
    name: 'PolicyParameterAccess',
    validate({ operation, call, object, previous, subresource }, storage) {
      const { kind } = call.resource
      if (operation === 'DELETE' || subresource !== '' || object === undefined) return
      if (!policies.some(policy => kind.group === policy.group && kind.kind.startsWith(policy.kind))) return
      if (call.user.groups.includes(groups.masters)) return
      const error = check(storage, call.user, kind.kind, object, previous)
      if (error) throw StatusError.invalid(kind, object.metadata.name, [error])
    },
  }
}

interface Asker {
  readonly authorizer: Authorizer
  readonly storage: Storage
  readonly user: UserInfo
}

function checkPolicy({ authorizer, storage, user }: Asker, next: Policy, previous: Policy | undefined): FieldError | undefined {
  const { paramKind } = next.spec
  if (!paramKind || deepEqual(paramKind, previous?.spec.paramKind)) return undefined
  const attributes = resourceAttributes({ user, verb: 'get', ...resourceOf(storage, paramKind), name: '*', namespace: '*' })
  if (authorizer.authorize(attributes).verdict === 'allow') return undefined
  const { kind = '', apiVersion = '' } = paramKind
  const what = `all objects of the referenced paramKind (kind=${kind}, apiVersion=${apiVersion})`
  return forbiddenValue('spec.paramKind', `user ${userText(user)} must have "get" permission on ${what}`)
}

function checkBinding(
  asker: Asker & { readonly policyKind: string },
  next: Binding,
  previous: Binding | undefined,
): FieldError | undefined {
  const { authorizer, storage, user } = asker
  const { paramRef, policyName } = next.spec
  if (!paramRef || (deepEqual(paramRef, previous?.spec.paramRef) && policyName === previous?.spec.policyName)) return undefined
  const kind = policies.find(policy => policy.kind === asker.policyKind)
  const policy = kind && (storage.find(kind, undefined, policyName ?? '') as Policy | undefined)
  const verb = paramRef.name ? 'get' : 'list'
  const { name = '', namespace = '' } = paramRef
  const attributes = resourceAttributes({ user, verb, ...resourceOf(storage, policy?.spec.paramKind), name, namespace })
  if (authorizer.authorize(attributes).verdict === 'allow') return undefined
  return forbiddenValue('spec.paramRef', `user ${userText(user)} does not have "${verb}" permission on the object referenced by paramRef`)
}

/** As much of it as is known; the rest is everything. */
function resourceOf(storage: Storage, paramKind: ParamKind | undefined): { group: string; version: string; resource: string } {
  const parts = (paramKind?.apiVersion ?? '').split('/')
  if (!paramKind || parts.length > 2) return { group: '*', version: '*', resource: '*' }
  const [group, version] = parts.length === 2 ? (parts as [string, string]) : ['', parts[0] ?? '']
  const builtIn = storedKinds.find(k => k.group === group && k.version === version && k.kind === paramKind.kind)
  return { group, version, resource: builtIn?.plural ?? customPlural(storage, group, version, paramKind.kind) ?? '*' }
}

function customPlural(storage: Storage, group: string, version: string, kind: string | undefined): string | undefined {
  const definitions = storage.all(CustomResourceDefinition)
  return definitions.find(({ spec }) => spec.group === group && spec.names.kind === kind && spec.versions.some(v => v.name === version))
    ?.spec.names.plural
}

/** As Go prints it. */
function userText({ username, uid = '', groups, extra = {} }: UserInfo): string {
  const entries = Object.entries(extra).map(([key, values]) => `${key}:[${values.join(' ')}]`)
  return `&{${username} ${uid} [${groups.join(' ')}] map[${entries.sort().join(' ')}]}`
}
