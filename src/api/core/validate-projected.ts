// Projected volumes: several sources put together in one directory, where no file may have two of them.
// Paths that look wrong are upstream's.
import { forbiddenValue, invalidValue, requiredValue, tooLong, unsupportedValue } from '../../meta/field-error.ts'
import { checkDns1123Subdomain, checkQualifiedName } from '../../meta/names.ts'
import { validateSignerName } from '../certificates/validate-request.ts'
import { isOversized, maxAnnotationBytes } from '../validate-metadata.ts'
import { type Errors, each, labelSelector, must, named, shaped, together, when } from '../validation.ts'
import { validateDownwardFile, validateKeyToPath, validateMode } from './validate-file.ts'
import { unreservedPath } from './validate-path.ts'
import type {
  ClusterTrustBundleProjection,
  KeyToPath,
  PodCertificateProjection,
  ProjectedVolumeSource,
  ServiceAccountTokenProjection,
  VolumeProjection,
} from './volume.ts'

export function validateProjected({ defaultMode, sources }: ProjectedVolumeSource, field: string): Errors {
  const paths = new Set<string>()
  return together(
    validateMode(defaultMode, `${field}.defaultMode`),
    each(sources, `${field}.sources`, (source, at) => together(validateProjection(source, at, field), validatePaths(source, paths, field))),
  )
}

/** No path may be among those that came before; its own ones join them. */
function validatePaths(source: VolumeProjection, paths: Set<string>, field: string): Errors {
  return pathsOf(source).flatMap(([path, shown]) => {
    if (!path) return []
    if (paths.has(path)) return [invalidValue(field, shown, 'conflicting duplicate paths')]
    paths.add(path)
    return []
  })
}

/** The files of a source, each with what it is called where another one is in its place. Tokens may share their files. */
function pathsOf({ secret, configMap, downwardAPI, clusterTrustBundle: bundle, podCertificate }: VolumeProjection) {
  const own = [bundle?.path, podCertificate?.credentialBundlePath, podCertificate?.keyPath, podCertificate?.certificateChainPath]
  return [
    ...(secret?.items ?? []).map(({ path }) => [path, secret?.name ?? ''] as const),
    ...(configMap?.items ?? []).map(({ path }) => [path, configMap?.name ?? ''] as const),
    ...[...(downwardAPI?.items ?? []).map(({ path }) => path), ...own].map(path => [path, path] as const),
  ]
}

function validateProjection(source: VolumeProjection, field: string, volume: string): Errors {
  const { secret, configMap, downwardAPI } = source
  const given = Object.values(source).filter(part => part !== undefined)
  return together(
    when(secret, ({ name, items }) => validateKeys(name, items, `${field}.secret`)),
    when(configMap, ({ name, items }) => validateKeys(name, items, `${field}.configMap`)),
    (downwardAPI?.items ?? []).flatMap(file => validateDownwardFile(file, `${field}.downwardAPI`)),
    when(source.serviceAccountToken, token => validateToken(token, `${field}.serviceAccountToken`, volume)),
    when(source.clusterTrustBundle, bundle => validateTrustBundle(bundle, `${field}.clusterTrustBundle`)),
    when(source.podCertificate, certificate => validateCertificate(certificate, `${field}.podCertificate`)),
    must(given.length <= 1, () => forbiddenValue(field, 'may not specify more than 1 volume type per source')),
  )
}

function validateKeys(name: string | undefined, items: readonly KeyToPath[] | undefined, field: string): Errors {
  return together(named(name, `${field}.name`), each(items, `${field}.items`, validateKeyToPath))
}

const minTokenSeconds = 600
const maxTokenSeconds = 2 ** 32

function validateToken({ expirationSeconds: seconds, path }: ServiceAccountTokenProjection, field: string, volume: string): Errors {
  const at = `${field}.expirationSeconds`
  return together(
    must(seconds >= minTokenSeconds, () => invalidValue(at, seconds, 'may not specify a duration less than 10 minutes')),
    must(seconds <= maxTokenSeconds, () => invalidValue(at, seconds, 'may not specify a duration larger than 2^32 seconds')),
    path ? unreservedPath(path, `${volume}.path`) : [requiredValue(`${volume}.path`)],
  )
}

function validateTrustBundle(bundle: ClusterTrustBundleProjection, field: string): Errors {
  return together(
    validateChoiceOfBundles(bundle, field),
    bundle.path ? unreservedPath(bundle.path, `${field}.path`) : [requiredValue(`${field}.path`)],
  )
}

/** One bundle by its name, or all of a signer that have some labels. */
function validateChoiceOfBundles(bundle: ClusterTrustBundleProjection, field: string): Errors {
  const { name, signerName, labelSelector: selector } = bundle
  if (name !== undefined && signerName !== undefined) return [invalidValue(field, bundle, 'only one of name and signerName may be used')]
  if (name !== undefined) {
    return together(
      must(name !== '', () => requiredValue(`${field}.name`, 'must be a valid object name')),
      checkBundleName(name).map(reason => invalidValue(`${field}.name`, name, `not a valid clustertrustbundlename: ${reason}`)),
      must(selector === undefined, () =>
        invalidValue(`${field}.labelSelector`, selector, 'labelSelector must be unset if name is specified'),
      ),
    )
  }
  if (signerName === undefined) return [requiredValue(field, 'either name or signerName must be specified')]
  return together(
    must(signerName !== '', () => requiredValue(`${field}.signerName`, 'must be a valid signer name')),
    validateSignerName(signerName, `${field}.signerName`),
    labelSelector(selector, `${field}.labelSelector`),
  )
}

/** The bundles of a signer have its name before theirs, with a colon for the slash: `example.com:signer:name`. */
function checkBundleName(name: string): readonly string[] {
  return checkDns1123Subdomain(name.slice(name.lastIndexOf(':') + 1))
}

const keyTypes = ['RSA3072', 'RSA4096', 'ECDSAP256', 'ECDSAP384', 'ECDSAP521', 'ED25519']
const leastLifeSeconds = 3600
const daySeconds = 24 * 3600
const longestLifeSeconds = 91 * daySeconds

function validateCertificate(certificate: PodCertificateProjection, field: string): Errors {
  const { signerName, keyType, maxExpirationSeconds: life, userAnnotations } = certificate
  const longest = /(^|\.)kubernetes\.io$/.test(signerName?.split('/')[0] ?? '') ? daySeconds : longestLifeSeconds
  const at = `${field}.maxExpirationSeconds`
  const paths = (['credentialBundlePath', 'keyPath', 'certificateChainPath'] as const).filter(name => certificate[name])
  return together(
    validateSignerName(signerName ?? '', `${field}.signerName`),
    when(userAnnotations, annotations => validateUserAnnotations(annotations, `${field}.userAnnotations`)),
    must(keyTypes.includes(keyType), () => unsupportedValue(`${field}.keyType`, keyType ?? '', keyTypes)),
    must(life === undefined || life >= leastLifeSeconds, () =>
      invalidValue(at, life, `if provided, maxExpirationSeconds must be >= ${leastLifeSeconds}`),
    ),
    must(life === undefined || life <= longest, () => invalidValue(at, life, `if provided, maxExpirationSeconds must be <= ${longest}`)),
    paths.flatMap(name => unreservedPath(certificate[name] ?? '', `${field}.${name}`)),
    must(paths.length > 0, () => requiredValue(field, 'specify at least one of credentialBundlePath, keyPath, and certificateChainPath')),
  )
}

/** Annotations whose keys all name a domain. */
function validateUserAnnotations(annotations: Readonly<Record<string, string>>, field: string): Errors {
  return together(
    Object.keys(annotations).flatMap(key => shaped(key.toLowerCase(), field, checkDomainKey)),
    must(!isOversized(annotations), () => tooLong(field, maxAnnotationBytes)),
  )
}

function checkDomainKey(key: string): string[] {
  const reasons = checkQualifiedName(key)
  return reasons.length > 0 || key.includes('/') ? reasons : ['must be a domain-prefixed key (such as "acme.io/foo")']
}
