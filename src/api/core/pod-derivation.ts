// What of a new pod's spec follows from its labels and annotations: whom it is like, and profiles given in their old form.
import type { LabelSelector, LabelSelectorRequirement } from '../../meta/label-selector.ts'
import { mapShared, withFields } from '../sharing.ts'
import type { Affinity, PodAffinity, PodAffinityTerm, PodAntiAffinity } from './affinity.ts'
import type { AnyContainer } from './each-container.ts'
import type { PodSpec } from './pod-spec.ts'
import type { AppArmorProfile } from './security-context.ts'
import { appArmorOfContainer } from './validate-pod-annotations.ts'
import { validateAppArmor } from './validate-security-context.ts'

type Labels = Readonly<Record<string, string>>

/** Selectors by keys whose values are those of the pod itself select by these values from now on. */
export function withMatchedLabels(spec: PodSpec, labels: Labels = {}): PodSpec {
  const { affinity, topologySpreadConstraints: constraints } = spec
  return withFields(spec, {
    affinity: affinity && withMatchedAffinity(affinity, labels),
    topologySpreadConstraints: constraints && mapShared(constraints, constraint => withKeys(constraint, labels)),
  })
}

function withMatchedAffinity(affinity: Affinity, labels: Labels): Affinity {
  const matched = <A extends PodAffinity | PodAntiAffinity>(part: A | undefined): A | undefined => part && (matchTerms(part, labels) as A)
  return withFields(affinity, { podAffinity: matched(affinity.podAffinity), podAntiAffinity: matched(affinity.podAntiAffinity) })
}

function matchTerms(part: PodAffinity, labels: Labels): PodAffinity {
  const { preferredDuringSchedulingIgnoredDuringExecution: preferred, requiredDuringSchedulingIgnoredDuringExecution: required } = part
  const match = (term: PodAffinityTerm) => withKeys(term, labels)
  return withFields(part, {
    preferredDuringSchedulingIgnoredDuringExecution:
      preferred && mapShared(preferred, term => withFields(term, { podAffinityTerm: term.podAffinityTerm && match(term.podAffinityTerm) })),
    requiredDuringSchedulingIgnoredDuringExecution: required && mapShared(required, match),
  })
}

interface Matching {
  readonly labelSelector?: LabelSelector | undefined
  readonly matchLabelKeys?: readonly string[] | undefined
  readonly mismatchLabelKeys?: readonly string[] | undefined
}

/** Where there is no selector, nothing is selected in any case. */
function withKeys<M extends Matching>(matching: M, labels: Labels): M {
  const { labelSelector: selector, matchLabelKeys = [], mismatchLabelKeys = [] } = matching as Matching
  const require = (keys: readonly string[], operator: 'In' | 'NotIn'): LabelSelectorRequirement[] =>
    keys.flatMap(key => (Object.hasOwn(labels, key) ? [{ key, operator, values: [labels[key] ?? ''] }] : []))
  const added = [...require(matchLabelKeys, 'In'), ...require(mismatchLabelKeys, 'NotIn')]
  if (!selector || added.length === 0) return matching
  return { ...matching, labelSelector: { ...selector, matchExpressions: [...(selector.matchExpressions ?? []), ...added] } }
}

/** AppArmor profiles that containers have by annotation alone, where they are not those of the pod anyway. */
export function withProfiles(spec: PodSpec, annotations: Labels = {}): PodSpec {
  if (spec.os?.name === 'windows' || !Object.keys(annotations).some(key => key.startsWith(appArmorOfContainer))) return spec
  const withProfile = <C extends AnyContainer>(container: C): C => {
    const profile = profileOf(annotations[appArmorOfContainer + container.name])
    if (!profile || container.securityContext?.appArmorProfile || isOfPod(profile, spec)) return container
    return { ...container, securityContext: { ...container.securityContext, appArmorProfile: profile } }
  }
  return withFields(spec, {
    containers: mapShared(spec.containers, withProfile),
    initContainers: spec.initContainers && mapShared(spec.initContainers, withProfile),
  })
}

/** Undefined for what no field can say. */
function profileOf(annotation: string | undefined): AppArmorProfile | undefined {
  if (annotation === 'unconfined') return { type: 'Unconfined' }
  if (annotation === 'runtime/default') return { type: 'RuntimeDefault' }
  if (!annotation?.startsWith('localhost/')) return undefined
  const profile = { type: 'Localhost', localhostProfile: annotation.slice('localhost/'.length) }
  return validateAppArmor(profile, '').length === 0 ? profile : undefined
}

function isOfPod(profile: AppArmorProfile, { securityContext }: PodSpec): boolean {
  const ofPod = securityContext?.appArmorProfile
  return ofPod?.type === profile.type && ofPod.localhostProfile === profile.localhostProfile
}
