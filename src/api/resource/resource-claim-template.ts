import { objectMeta } from '../../meta/object-meta.ts'
import { defaulted, describe, object, required } from '../../schema/schema.ts'
import { type Kind, type NamespacedObject, namespacedKind } from '../kind.ts'
import { withFields } from '../sharing.ts'
import { validateAnnotations } from '../validate-metadata.ts'
import { type Errors, immutable, labels } from '../validation.ts'
import { completeClaimSpec, definition, resourceClaimSpec } from './device-request.ts'
import { validateClaimSpec } from './validate-claim.ts'

const spec = object(definition('ResourceClaimTemplateSpec'), 'The claim that is made of a template.', {
  metadata: describe('Labels and annotations of the claim.', defaulted(objectMeta, {})),
  spec: required(describe('What it claims.', resourceClaimSpec)),
})

const fields = { spec: required(describe('The claim that is made for each pod; it cannot be changed.', spec)) }
export type ResourceClaimTemplate = NamespacedObject<typeof fields>

function validate({ spec }: ResourceClaimTemplate, previous: ResourceClaimTemplate | undefined): Errors {
  if (previous) return immutable(spec, previous.spec, 'spec')
  return [
    ...labels(spec.metadata.labels, 'spec.metadata.labels'),
    ...validateAnnotations(spec.metadata.annotations, 'spec.metadata.annotations'),
    ...validateClaimSpec(spec.spec, 'spec.spec'),
  ]
}

/** Absent parts are empty ones to upstream. */
function complete(template: ResourceClaimTemplate): ResourceClaimTemplate {
  const given = template.spec ?? { metadata: {}, spec: { devices: {} } }
  return withFields(template, { spec: withFields(given, { spec: completeClaimSpec(given.spec ?? { devices: {} }) }) })
}

export const ResourceClaimTemplate: Kind<ResourceClaimTemplate> = namespacedKind({
  group: 'resource.k8s.io',
  version: 'v1',
  kind: 'ResourceClaimTemplate',
  plural: 'resourceclaimtemplates',
  definition: definition('ResourceClaimTemplate'),
  doc: 'Makes a claim of devices for each pod that names it.',
  fields,
  complete,
  validate,
})
