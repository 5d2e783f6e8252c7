// DefaultIngressClass: an ingress that names no class gets the one that is marked as default, the newest of several.
import { type Ingress, Ingress as IngressKind } from '../../api/networking/ingress.ts'
import { defaultClassAnnotation, type IngressClass, IngressClass as IngressClassKind } from '../../api/networking/ingress-class.ts'
import type { AdmissionPlugin } from './admission.ts'

const oldAnnotation = 'kubernetes.io/ingress.class'

export const defaultIngressClass: AdmissionPlugin = {
  name: 'DefaultIngressClass',
  mutate({ operation, call, subresource, object }, storage) {
    if (operation !== 'CREATE' || call.resource.kind !== IngressKind || subresource !== '') return object
    const ingress = object as Ingress
    const { ingressClassName } = ingress.spec
    if (ingressClassName !== undefined || ingress.metadata.annotations?.[oldAnnotation] !== undefined) return object
    const [newest] = storage.all(IngressClassKind).filter(isDefault).sort(newestFirst)
    return newest ? ({ ...ingress, spec: { ...ingress.spec, ingressClassName: newest.metadata.name } } as Ingress) : object
  },
}

function isDefault({ metadata }: IngressClass): boolean {
  return metadata.annotations?.[defaultClassAnnotation] === 'true'
}

function newestFirst({ metadata: a }: IngressClass, { metadata: b }: IngressClass): number {
  return Date.parse(b.creationTimestamp) - Date.parse(a.creationTimestamp) || (a.name < b.name ? -1 : 1)
}
