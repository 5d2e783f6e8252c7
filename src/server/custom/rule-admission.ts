// Definitions whose rules are no expressions of the right type, or could cost too much, are refused. The schema has been checked by then.
import { CustomResourceDefinition } from '../../api/apiextensions/custom-resource-definition.ts'
import { placedSchemas } from '../../api/apiextensions/validate-definition.ts'
import { deepEqual } from '../../meta/deep-equal.ts'
import { StatusError } from '../../meta/status-error.ts'
import type { AdmissionPlugin } from '../admission/admission.ts'
import { checkRules } from '../rules/check-rules.ts'

export const customResourceRules: AdmissionPlugin = {
  name: 'CustomResourceRules',
  validate({ call, object, previous, subresource }) {
    if (call.resource.kind !== CustomResourceDefinition || subresource !== '' || !object) return
    const definition = object as CustomResourceDefinition
    const before = previous as CustomResourceDefinition | undefined
    const errors = placedSchemas(definition.spec.versions).flatMap(({ schema, path, version }) => {
      const old = before?.spec.versions.find(({ name }) => name === version.name)?.schema?.openAPIV3Schema
      return deepEqual(schema, old) ? [] : checkRules(schema, path)
    })
    if (errors.length > 0) throw StatusError.invalid(CustomResourceDefinition, definition.metadata.name, errors)
  },
}
