import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type FieldError, fieldErrorMessage } from '../../meta/field-error.ts'
import type { ResourceAttributes } from './resource-attributes.ts'
import { validateAccessReview, validateLocalAccessReview, validateReviewMetadata, validateSelfAccessReview } from './validate-review.ts'

const pods: ResourceAttributes = { verb: 'get', resource: 'pods', namespace: 'a' }
const path = { path: '/x', verb: 'get' }
const at = 'spec.resourceAttributes'
const selected = (more: Partial<ResourceAttributes>) => validateSelfAccessReview({ resourceAttributes: { ...pods, ...more } })

describe('a review of access', () => {
  const rows: readonly (readonly [name: string, errors: readonly FieldError[], ...expected: string[]])[] = [
    ['of one who asks', validateAccessReview({ user: 'u', resourceAttributes: pods })],
    [
      'of nobody about nothing',
      validateAccessReview({}),
      `${at}: Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified`,
      'spec.user: Invalid value: "": at least one of user or group must be specified',
    ],
    [
      'about two things',
      validateSelfAccessReview({ resourceAttributes: pods, nonResourceAttributes: path }),
      'spec.nonResourceAttributes: Invalid value: {"path":"/x","verb":"get"}: cannot be specified in combination with resourceAttributes',
    ],
    [
      'about another namespace',
      validateLocalAccessReview({ user: 'u', resourceAttributes: pods }, 'b'),
      `${at}.namespace: Invalid value: "a": must match metadata.namespace`,
    ],
    [
      'about a path in a namespace',
      validateLocalAccessReview({ user: 'u', nonResourceAttributes: path }, 'b'),
      'spec.nonResourceAttributes: Invalid value: {"path":"/x","verb":"get"}: disallowed on this kind of request',
    ],
    ['with a raw selector', selected({ fieldSelector: { rawSelector: 'a=b' }, labelSelector: { rawSelector: 'a=b' } })],
    [
      'with empty selectors',
      selected({ fieldSelector: {}, labelSelector: {} }),
      `${at}.fieldSelector.requirements: Required value: when ${at}.fieldSelector is specified, requirements or rawSelector is required`,
      `${at}.labelSelector.requirements: Required value: when ${at}.labelSelector is specified, requirements or rawSelector is required`,
    ],
    [
      'with a selector in two forms',
      selected({ fieldSelector: { rawSelector: 'a=b', requirements: [{ key: '', operator: 'In' }] } }),
      `${at}.fieldSelector.rawSelector: Invalid value: "a=b": may not specified at the same time as requirements`,
      `${at}.fieldSelector.requirements[0].key: Required value: must be specified`,
      `${at}.fieldSelector.requirements[0].values: Required value: must be specified when \`operator\` is 'In' or 'NotIn'`,
    ],
    [
      'with requirements of labels',
      selected({
        labelSelector: {
          requirements: [
            { key: 'a', operator: 'Exists', values: ['b'] },
            { key: 'a', operator: 'Like', values: ['b'] },
          ],
        },
      }),
      `${at}.labelSelector.requirements[0].values: Forbidden: may not be specified when \`operator\` is 'Exists' or 'DoesNotExist'`,
    ],
    ['of no name', validateReviewMetadata({ name: '', managedFields: [{}] }, 'must be empty')],
    ['of a name', validateReviewMetadata({ name: 'x' }, 'must be empty'), 'metadata: Invalid value: {"name":"x"}: must be empty'],
  ]
  for (const [name, errors, ...expected] of rows) it(name, () => assert.deepEqual(errors.map(fieldErrorMessage), expected))
})
