import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { KubeObject } from '../../meta/object-meta.ts'
import type { Draft } from '../../schema/schema.ts'
import type { Kind } from '../kind.ts'
import { complaints, row, stored } from '../testkit.ts'
import { mutatingPolicyExpressions, validatingPolicyExpressions, webhookExpressions } from './expressions.ts'
import { MutatingAdmissionPolicy } from './mutating-admission-policy.ts'
import { MutatingAdmissionPolicyBinding } from './mutating-admission-policy-binding.ts'
import { MutatingWebhookConfiguration } from './mutating-webhook-configuration.ts'
import { ValidatingAdmissionPolicy } from './validating-admission-policy.ts'
import { ValidatingAdmissionPolicyBinding } from './validating-admission-policy-binding.ts'
import { ValidatingWebhookConfiguration } from './validating-webhook-configuration.ts'

const rule = { operations: ['CREATE' as const], apiGroups: [''], apiVersions: ['v1'], resources: ['pods'] }
const webhook = {
  name: 'a.b.c',
  clientConfig: { url: 'https://example.com/x' },
  sideEffects: 'None',
  admissionReviewVersions: ['v1'],
  rules: [rule],
}
const matchConstraints = { resourceRules: [rule] }
const valid = { matchConstraints, validations: [{ expression: 'true' }] }
const mutations = [{ patchType: 'JSONPatch' as const, jsonPatch: { expression: '[]' } }]
const mutating = { matchConstraints, mutations, reinvocationPolicy: 'Never' as const }

interface Case {
  readonly name: string
  readonly found: () => string[]
  readonly expected: readonly string[]
}
function creating<O extends KubeObject>(name: string, kind: Kind<O>, draft: Draft<O>, expected: readonly string[]): Case {
  return { name: `a new ${kind.kind} ${name}`, found: () => complaints(kind, stored(kind, draft)), expected }
}
function changing<O extends KubeObject>(name: string, kind: Kind<O>, from: Draft<O>, to: Draft<O>, expected: readonly string[]): Case {
  return { name: `a change of a ${kind.kind} ${name}`, found: () => complaints(kind, stored(kind, to), stored(kind, from)), expected }
}
const hook = (name: string, more: object, expected: readonly string[]) =>
  creating(name, ValidatingWebhookConfiguration, { webhooks: [{ ...webhook, ...more }] }, expected)
const policy = (name: string, spec: object, expected: readonly string[]) =>
  creating(name, ValidatingAdmissionPolicy, { spec: { ...valid, ...spec } }, expected)

const cases: readonly Case[] = [
  hook('that is right', {}, []),
  creating('of nothing', ValidatingWebhookConfiguration, { webhooks: [{}] }, [
    'webhooks[0].name: Required value',
    'webhooks[0].sideEffects: Required value: must specify one of None, NoneOnDryRun',
    'webhooks[0].clientConfig: Required value: exactly one of url or service is required',
    'webhooks[0].admissionReviewVersions: Required value: must specify one of v1, v1beta1',
  ]),
  hook('with odd names', { name: 'a.b', admissionReviewVersions: ['v2', 'v2'] }, [
    'webhooks[0].name: Invalid value: "a.b": should be a domain with at least three segments separated by dots',
    'webhooks[0].admissionReviewVersions[1]: Invalid value: "v2": duplicate version',
    'webhooks[0].admissionReviewVersions: Invalid value: ["v2","v2"]: must include at least one of v1, v1beta1',
  ]),
  hook('that harms, at length', { sideEffects: 'Some', timeoutSeconds: 31 }, [
    'webhooks[0].sideEffects: Unsupported value: "Some": supported values: "None", "NoneOnDryRun"',
    'webhooks[0].timeoutSeconds: Invalid value: 31: the timeout value must be between 1 and 30 seconds',
  ]),
  hook('at an odd URL', { clientConfig: { url: 'http://u@/p?q#f' } }, [
    'webhooks[0].clientConfig.url: Invalid value: "http": \'https\' is the only allowed URL scheme; desired format: https://host[/path]',
    'webhooks[0].clientConfig.url: Invalid value: "": host must be specified; desired format: https://host[/path]',
    'webhooks[0].clientConfig.url: Invalid value: "u": user information is not permitted in the URL',
    'webhooks[0].clientConfig.url: Invalid value: "f": fragments are not permitted in the URL',
    'webhooks[0].clientConfig.url: Invalid value: "q": query parameters are not permitted in the URL',
  ]),
  hook('at an odd service', { clientConfig: { service: { name: 's', port: 0, path: 'x//B' } } }, [
    'webhooks[0].clientConfig.service.name: Required value',
    'webhooks[0].clientConfig.service.port: Invalid value: 0: port is not valid: must be between 1 and 65535, inclusive',
    'webhooks[0].clientConfig.service.path: Invalid value: "x//B": must start with a \'/\'',
    'webhooks[0].clientConfig.service.path: Invalid value: "x//B": segment[0] may not be empty',
    'webhooks[0].clientConfig.service.path: Invalid value: "x//B": segment[1] may not be empty',
    'webhooks[0].clientConfig.service.path: Invalid value: "x//B": segment[2]: a lowercase RFC 1123 subdomain …',
  ]),
  hook('with odd rules', { rules: [{ operations: ['*', ''], apiGroups: [], apiVersions: [''], resources: ['a/*', 'a/b', '*', 'c'] }] }, [
    'webhooks[0].rules[0].operations: Invalid value: ["*",""]: if \'*\' is present, must not specify other operations',
    'webhooks[0].rules[0].operations[1]: Unsupported value: "": supported values: "*", "CONNECT", "CREATE", "DELETE", "UPDATE"',
    'webhooks[0].rules[0].apiGroups: Required value',
    'webhooks[0].rules[0].apiVersions[0]: Required value',
    'webhooks[0].rules[0].resources[1]: Invalid value: "a/b": if \'a/*\' is present, must not specify a/b',
    'webhooks[0].rules[0].resources: Invalid value: ["a/*","a/b","*","c"]: if \'*\' is present, must not specify other resources without subresources',
  ]),
  hook(
    'with odd conditions',
    {
      matchConditions: [
        { name: 'x', expression: ' ' },
        { name: 'x', expression: 'true' },
      ],
    },
    ['webhooks[0].matchConditions[0].expression: Required value', 'webhooks[0].matchConditions[1].name: Duplicate value: "x"'],
  ),
  creating('of one name twice', MutatingWebhookConfiguration, { webhooks: [webhook, { ...webhook }] }, [
    'webhooks[1].name: Duplicate value: "a.b.c"',
  ]),
  changing(
    'keeps what was let in before',
    MutatingWebhookConfiguration,
    { webhooks: [{ ...webhook, sideEffects: 'Unknown', admissionReviewVersions: ['v9'] }, webhook, webhook] },
    { webhooks: [{ ...webhook, sideEffects: 'Some', admissionReviewVersions: ['v8'] }, webhook, webhook] },
    [],
  ),
  policy('that is right', {}, []),
  creating('of nothing', ValidatingAdmissionPolicy, {}, [
    'spec.matchConstraints: Required value',
    'spec.validations: Required value: validations or auditAnnotations must contain at least one item',
    'spec.auditAnnotations: Required value: validations or auditAnnotations must contain at least one item',
  ]),
  policy('with odd parameters', { paramKind: { apiVersion: 'G/v1', kind: '1' } }, [
    'spec.paramKind.apiVersion: Invalid value: "G": a lowercase RFC 1123 subdomain …',
    'spec.paramKind.kind: Invalid value: "1": may have mixed case, but should otherwise match: a DNS-1035 label …',
  ]),
  policy(
    'with odd parts',
    {
      variables: [{ name: 'in', expression: '' }],
      validations: [{ expression: '', message: 'a\nb', messageExpression: ' ', reason: 'Gone' }],
      auditAnnotations: [{ key: 'a b', valueExpression: '' }],
    },
    [
      'spec.validations[0].reason: Unsupported value: "Gone": supported values: "Forbidden", "Invalid", "RequestEntityTooLarge"',
      'spec.variables[0].name: Invalid value: "in": name is not a valid CEL identifier',
      'spec.variables[0].expression: Required value: expression is not specified',
      'spec.validations[0].expression: Required value: expression is not specified',
      'spec.validations[0].messageExpression: Invalid value: " ": must be non-empty if specified',
      'spec.validations[0].message: Invalid value: "a\\nb": message must not contain line breaks',
      'spec.auditAnnotations[0].key: Invalid value: "a/a b": name part …',
      'spec.auditAnnotations[0].valueExpression: Required value: valueExpression is not specified',
    ],
  ),
  creating('of nothing', ValidatingAdmissionPolicyBinding, {}, [
    'spec.policyName: Required value',
    'spec.validationActions: Required value: at least one validation action is required',
  ]),
  creating(
    'that says things twice',
    ValidatingAdmissionPolicyBinding,
    {
      spec: { policyName: 'p', validationActions: ['Deny', 'Warn', 'Deny'], paramRef: { name: '..', selector: {} } },
    },
    [
      'spec.paramRef.name: Invalid value: "..": may not be \'..\'',
      'spec.paramRef.name: Forbidden: name and selector are mutually exclusive',
      'spec.paramRef.selector: Forbidden: name and selector are mutually exclusive',
      'spec.paramRef.parameterNotFoundAction: Required value',
      'spec.validationActions[2]: Duplicate value: "Deny"',
      'spec.validationActions: Invalid value: ["Deny","Warn","Deny"]: must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)',
    ],
  ),
  creating('that is right', MutatingAdmissionPolicy, { spec: mutating }, []),
  creating('of nothing', MutatingAdmissionPolicy, {}, [
    'spec.matchConstraints: Required value',
    'spec.mutations: Required value: mutations must contain at least one item',
    'spec.reinvocationPolicy: Required value',
  ]),
  creating(
    'of what is deleted, by two patches',
    MutatingAdmissionPolicy,
    {
      spec: {
        ...mutating,
        matchConstraints: { resourceRules: [{ ...rule, operations: ['DELETE'] }] },
        mutations: [{ patchType: 'ApplyConfiguration', jsonPatch: {} }],
      },
    },
    [
      'spec.matchConstraints.resourceRules.operations: Unsupported value: "DELETE": supported values: "*", "CONNECT", "CREATE", "UPDATE"',
      'spec.mutations[0].applyConfiguration: Required value: must be specified when patchType is ApplyConfiguration',
      'spec.mutations[0].jsonPatch: Invalid value: "{jsonPatch}": must not be specified when patchType is ApplyConfiguration',
    ],
  ),
  creating(
    'of what is deleted',
    MutatingAdmissionPolicyBinding,
    {
      spec: { policyName: 'p', matchResources: { resourceRules: [{ ...rule, operations: ['DELETE'] }] } },
    },
    ['spec.matchResources.resourceRules.operations: Unsupported value: "DELETE": supported values: "*", "CONNECT", "CREATE", "UPDATE"'],
  ),
]

describe('validation of admission registration', () => {
  for (const { name, found, expected } of cases) it(name, () => assert.deepEqual(found(), expected))
})

describe('defaults of admission registration', () => {
  it('of a webhook', () => {
    const [found] =
      stored(MutatingWebhookConfiguration, {
        webhooks: [{ name: 'a.b.c', clientConfig: { service: { name: 's', namespace: 'n' } }, rules: [rule] }],
      }).webhooks ?? []
    assert.deepEqual(found, {
      name: 'a.b.c',
      clientConfig: { service: { name: 's', namespace: 'n', port: 443 } },
      rules: [{ ...rule, scope: '*' }],
      failurePolicy: 'Fail',
      matchPolicy: 'Equivalent',
      namespaceSelector: {},
      objectSelector: {},
      reinvocationPolicy: 'Never',
      timeoutSeconds: 10,
    })
  })
  it('of a policy', () => {
    const { spec } = stored(ValidatingAdmissionPolicy, { spec: { matchConstraints } })
    assert.equal(spec.failurePolicy, 'Fail')
    assert.deepEqual(spec.matchConstraints, {
      matchPolicy: 'Equivalent',
      namespaceSelector: {},
      objectSelector: {},
      resourceRules: [{ ...rule, scope: '*' }],
    })
  })
})

describe('the table of a binding', () => {
  const refs: readonly (readonly [object | undefined, string])[] = [
    [undefined, '<unset>'],
    [{ name: 'p' }, '*/p'],
    [{ name: 'p', namespace: 'n' }, 'n/p'],
    [
      { selector: { matchLabels: { b: '2', a: '1' } } },
      '&LabelSelector{MatchLabels:map[string]string{a: 1,b: 2,},MatchExpressions:[]LabelSelectorRequirement{},}',
    ],
  ]
  for (const [paramRef, expected] of refs) {
    it(`shows ${expected}`, () => {
      const binding = stored(MutatingAdmissionPolicyBinding, { spec: { policyName: 'p', ...(paramRef && { paramRef }) } })
      assert.deepEqual(row(MutatingAdmissionPolicyBinding, binding), { Name: 'a', PolicyName: 'p', ParamRef: expected, Age: '5m' })
    })
  }
})

describe('the expressions of', () => {
  const briefly = (expressions: ReturnType<typeof webhookExpressions>) =>
    expressions.map(e => [e.field, e.gives, e.hasParams, e.hasAuthorizer, e.variables.join(' ')])
  it('webhooks', () => {
    const webhooks = [{ ...webhook, matchConditions: [{ name: 'x', expression: 'true' }] }]
    const { webhooks: found } = stored(ValidatingWebhookConfiguration, { webhooks })
    assert.deepEqual(briefly(webhookExpressions(found)), [['webhooks[0].matchConditions[0].expression', 'bool', false, true, '']])
  })
  it('a validating policy', () => {
    const draft = {
      paramKind: { apiVersion: 'v1', kind: 'ConfigMap' },
      variables: [
        { name: 'a', expression: '1' },
        { name: 'b', expression: 'variables.a' },
      ],
      validations: [{ expression: 'true', messageExpression: '"no"' }],
      auditAnnotations: [{ key: 'k', valueExpression: 'null' }],
    }
    assert.deepEqual(briefly(validatingPolicyExpressions(stored(ValidatingAdmissionPolicy, { spec: draft }))), [
      ['spec.variables[0].expression', 'any', true, true, ''],
      ['spec.variables[1].expression', 'any', true, true, 'a'],
      ['spec.validations[0].expression', 'bool', true, true, 'a b'],
      ['spec.validations[0].messageExpression', 'string', true, false, 'a b'],
      ['spec.auditAnnotations[0].valueExpression', 'string or null', true, true, 'a b'],
    ])
  })
  it('a mutating policy', () => {
    assert.deepEqual(briefly(mutatingPolicyExpressions(stored(MutatingAdmissionPolicy, { spec: mutating }))), [
      ['spec.mutations[0].jsonPatch.expression', 'json patch', false, true, ''],
    ])
  })
})
