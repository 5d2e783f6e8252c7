import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ValidatingAdmissionPolicy } from '../../api/admissionregistration/validating-admission-policy.ts'
import { Deployment } from '../../api/apps/deployment.ts'
import { ConfigMap } from '../../api/core/config-map.ts'
import type { Draft } from '../../schema/schema.ts'
import { outcomeOf, stored } from '../testing/decide.ts'
import { policyTypeCheckingController } from './type-checking.ts'

const controller = policyTypeCheckingController(() => [Deployment, ConfigMap])

function statusOf(spec: Draft<ValidatingAdmissionPolicy>['spec'], status = {}): ValidatingAdmissionPolicy['status'] | undefined {
  const policy = stored(ValidatingAdmissionPolicy, { metadata: { name: 'p', generation: 2 }, spec, status })
  const [write] = outcomeOf(controller, 'p', [policy]).writes
  return write?.verb === 'update' ? (write.object as ValidatingAdmissionPolicy).status : undefined
}
const about = (...resources: string[]) => ({
  resourceRules: [{ operations: ['*'] as const, apiGroups: ['apps', ''], apiVersions: ['v1'], resources }],
})

test('expressions that fit are told to', () => {
  const validations = [{ expression: 'object.spec.replicas < 5 && variables.name.startsWith(params.data.prefix)' }]
  const spec = {
    matchConstraints: about('deployments'),
    paramKind: { apiVersion: 'v1', kind: 'ConfigMap' },
    variables: [{ name: 'name', expression: 'object.metadata.name' }],
    validations,
  }
  assert.deepEqual(statusOf(spec), { observedGeneration: 2, typeChecking: {} })
  assert.equal(statusOf(spec, { observedGeneration: 2 }), undefined)
})

test('what does not fit is told by type', () => {
  const spec = {
    matchConstraints: about('deployments', 'configmaps'),
    validations: [{ expression: 'true' }, { expression: 'object.spec.replicas > 1' }, { expression: 'object.metadata.name == 1' }],
  }
  assert.deepEqual(statusOf(spec)?.typeChecking?.expressionWarnings, [
    {
      fieldRef: 'spec.validations[1].expression',
      warning: "v1, Kind=ConfigMap: ERROR: <input>:1:7: undefined field 'spec'\n | object.spec.replicas > 1\n | ......^\n",
    },
    {
      fieldRef: 'spec.validations[2].expression',
      warning:
        "v1, Kind=ConfigMap: ERROR: <input>:1:22: found no matching overload for '_==_' applied to '(string, int)'\n | object.metadata.name == 1\n | .....................^\n\n" +
        "apps/v1, Kind=Deployment: ERROR: <input>:1:22: found no matching overload for '_==_' applied to '(string, int)'\n | object.metadata.name == 1\n | .....................^\n",
    },
  ])
})
