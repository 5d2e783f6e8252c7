import { defaulted, describe, type Infer, object, oneOf, required, string } from '../../schema/schema.ts'
import { text } from '../columns.ts'
import { ageColumn, type ClusterObject, type Column, clusterKind, type Kind, nameColumn } from '../kind.ts'
import { validateIngressClass } from './validate-ingress-class.ts'

const networking = (name: string) => `io.k8s.api.networking.v1.${name}`

export const ingressClassParametersReference = object(
  networking('IngressClassParametersReference'),
  'The object with the settings of a class.',
  {
    apiGroup: string('Group of the kind; the core group when empty.'),
    kind: describe('Kind of the object.', required(string())),
    name: describe('Name of the object.', required(string())),
    namespace: string('Namespace of the object, where it is in one.'),
    scope: describe('Whether the object is in a namespace.', defaulted(oneOf(['Cluster', 'Namespace']), 'Cluster')),
  },
)
export type IngressClassParametersReference = Infer<typeof ingressClassParametersReference>

export const ingressClassSpec = object(networking('IngressClassSpec'), 'Who takes care of ingresses, and how.', {
  controller: string('The controller, as a path with a domain before it. It cannot be changed.'),
  parameters: describe("The object with the controller's settings.", ingressClassParametersReference),
})
export type IngressClassSpec = Infer<typeof ingressClassSpec>

const fields = { spec: describe('What is wanted.', defaulted(ingressClassSpec, {})) }
export type IngressClass = ClusterObject<typeof fields>

/** Ingresses that name no class get the one that has this annotation, with `true`. */
export const defaultClassAnnotation = 'ingressclass.kubernetes.io/is-default-class'

function parameters({ spec }: IngressClass): string {
  if (!spec.parameters) return '<none>'
  const { apiGroup, kind, name } = spec.parameters
  return `${kind}${apiGroup === undefined ? '' : `.${apiGroup}`}/${name}`
}

const columns: readonly Column<IngressClass>[] = [
  nameColumn,
  text('Controller', 'Who takes care of the ingresses of the class.', ({ spec }) => spec.controller ?? ''),
  text('Parameters', "The object with the controller's settings.", parameters),
  ageColumn,
]

export const IngressClass: Kind<IngressClass> = clusterKind({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'IngressClass',
  plural: 'ingressclasses',
  definition: networking('IngressClass'),
  doc: 'Says which controller takes care of ingresses, and with which settings.',
  fields,
  hasGeneration: true,
  columns,
  validate: validateIngressClass,
})
