// Annotations of pods that mean something: of mirror pods, of the cost of a deletion, and the old forms of security profiles and of
// tolerations. Where a profile is given by a field too, both must say the same.
import { forbiddenValue, invalidValue } from '../../meta/field-error.ts'
import { type Errors, must, together } from '../validation.ts'
import type { Toleration } from './affinity.ts'
import { flatMapContainers } from './each-container.ts'
import { mirrorAnnotation } from './mirror-pod.ts'
import type { PodSpec } from './pod-spec.ts'
import type { AppArmorProfile, SeccompProfile } from './security-context.ts'
import { validateTolerations } from './validate-affinity.ts'
import { descendingPath } from './validate-path.ts'

type Annotations = Readonly<Record<string, string>> | undefined

const deletionCost = 'controller.kubernetes.io/pod-deletion-cost'
const tolerationsAnnotation = 'scheduler.alpha.kubernetes.io/tolerations'
const seccompOfPod = 'seccomp.security.alpha.kubernetes.io/pod'
const seccompOfContainer = 'container.seccomp.security.alpha.kubernetes.io/'
export const appArmorOfContainer = 'container.apparmor.security.beta.kubernetes.io/'

export function validatePodAnnotations(annotations: Annotations, spec: PodSpec, field: string): Errors {
  if (!annotations) return []
  const mirror = annotations[mirrorAnnotation]
  const cost = annotations[deletionCost]
  return together(
    must(mirror === undefined || Boolean(spec.nodeName), () =>
      invalidValue(`${field}[${mirrorAnnotation}]`, mirror, 'must set spec.nodeName if mirror pod annotation is set'),
    ),
    validateOldTolerations(annotations[tolerationsAnnotation] ?? '', field),
    must(cost === undefined || isCost(cost), () => invalidValue(`${field}[${deletionCost}]`, cost, 'must be a 32bit integer')),
    Object.entries(annotations).flatMap(([key, value]) => validateProfile(key, value, spec, field)),
  )
}

/** Neither a plus sign nor leading zeros: a cost can be read in one way only. */
function isCost(text: string): boolean {
  const cost = Number(text)
  return /^(0|-?[1-9]\d*)$/.test(text) && cost >= -(2 ** 31) && cost < 2 ** 31
}

function validateOldTolerations(text: string, field: string): Errors {
  if (text === '') return []
  let tolerations: unknown
  try {
    tolerations = JSON.parse(text)
  } catch (error) {
    return [invalidValue(field, tolerationsAnnotation, error instanceof Error ? error.message : 'not JSON')]
  }
  const at = `${field}.${tolerationsAnnotation}`
  return Array.isArray(tolerations)
    ? validateTolerations(tolerations as readonly Toleration[], at)
    : [invalidValue(field, tolerationsAnnotation, 'not a list')]
}

function validateProfile(key: string, profile: string, spec: PodSpec, field: string): Errors {
  if (key === seccompOfPod || key.startsWith(seccompOfContainer)) return validateSeccomp(profile, `${field}.${key}`)
  if (!key.startsWith(appArmorOfContainer)) return []
  const name = key.slice(appArmorOfContainer.length)
  const names = flatMapContainers(spec, '', container => [container.name])
  const isKnown = profile === '' || profile === 'runtime/default' || profile === 'unconfined' || profile.startsWith('localhost/')
  return together(
    must(names.includes(name), () => invalidValue(`${field}[${key}]`, name, 'container not found')),
    must(isKnown, () => invalidValue(`${field}[${key}]`, profile, `invalid AppArmor profile name: ${JSON.stringify(profile)}`)),
  )
}

function validateSeccomp(profile: string, field: string): Errors {
  if (['runtime/default', 'docker/default', 'unconfined'].includes(profile)) return []
  if (profile.startsWith('localhost/')) return descendingPath(profile.slice('localhost/'.length), field)
  return [invalidValue(field, profile, 'must be a valid seccomp profile')]
}

/** Of what there is, nothing is changed of these. */
export function validateKeptAnnotations(next: Annotations = {}, previous: Annotations = {}, field = 'metadata.annotations'): Errors {
  const changed = (key: string) => next[key] !== previous[key]
  const isFixed = (key: string) => key === mirrorAnnotation || key.startsWith(appArmorOfContainer)
  const named = (key: string) => (key === mirrorAnnotation ? 'mirror pod annotation' : 'AppArmor annotations')
  return together(
    Object.keys(previous)
      .filter(key => isFixed(key) && changed(key))
      .map(key => forbiddenValue(`${field}[${key}]`, `may not remove or update ${named(key)}`)),
    Object.keys(next)
      .filter(key => isFixed(key) && previous[key] === undefined)
      .map(key => forbiddenValue(`${field}[${key}]`, `may not add ${named(key)}`)),
  )
}

/** Profiles given by annotation and by field at once. */
export function validateMatchingProfiles(annotations: Annotations, spec: PodSpec, field: string): Errors {
  if (!annotations || !Object.keys(annotations).some(isOfProfile)) return []
  const ofPod = spec.securityContext
  return together(
    validateMatch(annotations[seccompOfPod], ofPod?.seccompProfile, seccompWords, `${field}.securityContext.seccompProfile`),
    flatMapContainers(spec, field, ({ name, securityContext }, at) =>
      validateMatch(
        annotations[seccompOfContainer + name],
        securityContext?.seccompProfile,
        seccompWords,
        `${at}.securityContext.seccompProfile`,
      ),
    ),
    spec.os?.name === 'windows'
      ? []
      : flatMapContainers(spec, field, ({ name, securityContext }, at) =>
          validateMatch(
            annotations[appArmorOfContainer + name],
            securityContext?.appArmorProfile ?? ofPod?.appArmorProfile,
            appArmorWords,
            `${at}.securityContext.appArmorProfile`,
          ),
        ),
  )
}

function isOfProfile(key: string): boolean {
  return key === seccompOfPod || key.startsWith(seccompOfContainer) || key.startsWith(appArmorOfContainer)
}

interface Words {
  readonly name: string
  readonly runtimeDefault: readonly string[]
}
const seccompWords: Words = { name: 'seccomp', runtimeDefault: ['runtime/default', 'docker/default'] }
const appArmorWords: Words = { name: 'apparmor', runtimeDefault: ['runtime/default'] }

function validateMatch(
  annotation: string | undefined,
  profile: SeccompProfile | AppArmorProfile | undefined,
  words: Words,
  field: string,
): Errors {
  if (annotation === undefined || !profile) return []
  const otherType = [forbiddenValue(`${field}.type`, `${words.name} type in annotation and field must match`)]
  switch (profile.type) {
    case 'Unconfined':
      return annotation === 'unconfined' ? [] : otherType
    case 'RuntimeDefault':
      return words.runtimeDefault.includes(annotation) ? [] : otherType
    case 'Localhost':
      if (!annotation.startsWith('localhost/')) return otherType
      return must(annotation === `localhost/${profile.localhostProfile}`, () =>
        forbiddenValue(`${field}.localhostProfile`, `${words.name} profile in annotation and field must match`),
      )
    default:
      return []
  }
}
