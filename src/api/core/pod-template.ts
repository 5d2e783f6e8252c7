import { defaulted, describe } from '../../schema/schema.ts'
import { isOther } from '../apps/workload-warnings.ts'
import { formatLabels, text } from '../columns.ts'
import { type Column, type Kind, type NamespacedObject, nameColumn, namespacedKind } from '../kind.ts'
import { withFields } from '../sharing.ts'
import { completePodTemplate } from './complete-pod-spec.ts'
import { podTemplateSpec } from './pod-spec.ts'
import { warnTemplate } from './pod-warnings.ts'
import { validatePodTemplate } from './validate-pod-spec.ts'

const fields = { template: describe('What pods of it are like.', defaulted(podTemplateSpec, {})) }
export type PodTemplate = NamespacedObject<typeof fields>

const columns: readonly Column<PodTemplate>[] = [
  nameColumn,
  text('Containers', 'Names of the containers.', o => (o.template.spec?.containers ?? []).map(c => c.name).join(',')),
  text('Images', 'Images of the containers.', o => (o.template.spec?.containers ?? []).map(c => c.image ?? '').join(',')),
  text('Pod Labels', 'Labels of pods of the template.', o => formatLabels(o.template.metadata?.labels)),
]

export const PodTemplate: Kind<PodTemplate> = namespacedKind({
  group: '',
  version: 'v1',
  kind: 'PodTemplate',
  plural: 'podtemplates',
  definition: 'io.k8s.api.core.v1.PodTemplate',
  doc: 'What pods that are made of it will be like.',
  hasGeneration: true,
  fields,
  validate: ({ template }) => validatePodTemplate(template, 'template'),
  warnings: (next, previous) => (isOther(next, previous) ? warnTemplate(next.template, 'template') : []),
  columns,
  complete: object => withFields(object, { template: completePodTemplate(object.template) }),
})
