// What an expression may ask of the authorizer: `authorizer.group('').resource('pods').namespace('x').check('create').allowed()`.
// The authorizer itself is handed in; what it is asked is plain data.

import { checkDns1123Label, checkDns1123Subdomain } from '../../meta/names.ts'
import { EvaluationError } from '../errors.ts'
import { declarations, type Overload } from '../overloads.ts'
import { type OpaqueType, opaque } from '../types.ts'
import type { Foreign } from '../values.ts'

export interface ResourceQuestion {
  readonly kind: 'resource'
  readonly group: string
  readonly resource: string
  readonly subresource: string
  readonly namespace: string
  readonly name: string
  readonly fieldSelector?: string
  readonly labelSelector?: string
}
export interface PathQuestion {
  readonly kind: 'path'
  readonly path: string
}
export type Question = ResourceQuestion | PathQuestion
export interface Answer {
  readonly allowed: boolean
  readonly reason: string
  readonly error?: string
}
/** Decides for the request's user, or for a service account. */
export interface Authority {
  readonly ask: (question: Question, verb: string) => Answer
  readonly serviceAccount: (namespace: string, name: string) => Authority
}

class Held<T> implements Foreign {
  readonly celType: OpaqueType
  readonly authority: Authority
  readonly value: T
  constructor(celType: OpaqueType, authority: Authority, value: T) {
    this.celType = celType
    this.authority = authority
    this.value = value
  }
  equals(other: Foreign): boolean {
    return other === this
  }
}

const prefix = 'kubernetes.authorization.'
const [authorizer, path, group, resource, decision] = [
  `${prefix}Authorizer`,
  `${prefix}PathCheck`,
  `${prefix}GroupCheck`,
  `${prefix}ResourceCheck`,
  `${prefix}Decision`,
] as const
const { method } = declarations<{
  readonly [authorizer]: Held<null>
  readonly [path]: Held<PathQuestion>
  readonly [group]: Held<string>
  readonly [resource]: Held<ResourceQuestion>
  readonly [decision]: Held<Answer>
}>()

export const authorizerType: OpaqueType = opaque(authorizer)
export const resourceCheckType: OpaqueType = opaque(resource)
const [pathType, groupType, decisionType] = [opaque(path), opaque(group), opaque(decision)]

/** The value of the variable `authorizer`. */
export const authorizerValue = (authority: Authority): Foreign => new Held(authorizerType, authority, null)
/** The value of `authorizer.requestResource`. */
export const resourceCheckValue = (authority: Authority, question: ResourceQuestion): Foreign =>
  new Held(resourceCheckType, authority, question)

function notEmpty(text: string, what: string): string {
  if (text.trim() === '') throw new EvaluationError(`${what} must not be empty`)
  return text
}

type Narrowing = 'subresource' | 'namespace' | 'name' | 'fieldSelector' | 'labelSelector'
const narrow = (field: Narrowing): Overload =>
  method(
    resource,
    field,
    ['string'],
    resource,
    (check, text) => new Held(resourceCheckType, check.authority, { ...check.value, [field]: text }),
  )

function asServiceAccount({ authority }: Held<null>, namespace: string, name: string): Held<null> {
  if (checkDns1123Subdomain(name).length > 0) throw new EvaluationError('Invalid service account name')
  if (checkDns1123Label(namespace).length > 0) throw new EvaluationError('Invalid service account namespace')
  return new Held(authorizerType, authority.serviceAccount(namespace, name), null)
}

const ask = ({ authority, value }: Held<Question>, verb: string): Held<Answer> =>
  new Held(decisionType, authority, authority.ask(value, verb))

/** Leaves room for two checks in an expression, as upstream has it. */
const checkCost = (): number => 350_000

export const authorizerFunctions: readonly Overload[] = [
  method(
    authorizer,
    'path',
    ['string'],
    path,
    ({ authority }, text) => new Held(pathType, authority, { kind: 'path', path: notEmpty(text, 'path') }),
  ),
  method(authorizer, 'group', ['string'], group, ({ authority }, text) => new Held(groupType, authority, text)),
  method(authorizer, 'serviceAccount', ['string', 'string'], authorizer, asServiceAccount),
  method(group, 'resource', ['string'], resource, ({ authority, value }, text) => {
    const question: ResourceQuestion = {
      kind: 'resource',
      group: value,
      resource: notEmpty(text, 'resource'),
      subresource: '',
      namespace: '',
      name: '',
    }
    return new Held(resourceCheckType, authority, question)
  }),
  ...(['subresource', 'namespace', 'name', 'fieldSelector', 'labelSelector'] as const).map(narrow),
  method(path, 'check', ['string'], decision, ask, checkCost),
  method(resource, 'check', ['string'], decision, ask, checkCost),
  method(decision, 'allowed', [], 'bool', ({ value }) => value.allowed),
  method(decision, 'reason', [], 'string', ({ value }) => value.reason),
  method(decision, 'errored', [], 'bool', ({ value }) => value.error !== undefined),
  method(decision, 'error', [], 'string', ({ value }) => value.error ?? ''),
]
