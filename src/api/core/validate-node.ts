// The rules of nodes. Paths that look wrong are upstream's.
import { deepEqual } from '../../meta/deep-equal.ts'
import { duplicateValue, forbiddenValue, invalidValue, requiredValue } from '../../meta/field-error.ts'
import { checkConfigKey, checkDns1123Label, checkDns1123Subdomain, checkLabelValue } from '../../meta/names.ts'
import { checkCidr, familyOf } from '../validate-address.ts'
import { type Errors, each, labelKey, must, named, shaped, together, unique, when } from '../validation.ts'
import type { ConfigMapNodeConfigSource, Node, NodeConfigSource, NodeSpec, NodeStatus, Taint } from './node.ts'
import { validateQuantity } from './validate-resources.ts'

export function validateNode(next: Node, previous: Node | undefined): Errors {
  return together(
    validateTaints(next.spec.taints, 'metadata.taints'),
    validateStatus(next.status),
    validateCidrs(next.spec),
    previous ? validateChange(next, previous) : [],
  )
}

/** Of a change of the status alone. */
export function validateNodeStatus(next: Node, previous: Node): Errors {
  return together(validateStatus(next.status), validateChange(next, previous))
}

function validateTaints(taints: readonly Taint[] | undefined, field: string): Errors {
  return together(
    each(taints, field, ({ key, value = '', effect }, at) => {
      const reasons = checkLabelValue(value)
      return together(
        labelKey(key, `${at}.key`),
        must(reasons.length === 0, () => invalidValue(`${at}.value`, value, reasons.join(';'))),
        must(Boolean(effect), () => requiredValue(`${at}.effect`)),
      )
    }),
    unique(
      taints,
      t => `${t.key}:${t.effect}`,
      (t, i) => ({ ...duplicateValue(`${field}[${i}]`, t), detail: 'taints must be unique by key and effect pair' }),
    ),
  )
}

function validateCidrs({ podCIDRs = [] }: NodeSpec): Errors {
  const field = 'spec.podCIDRs'
  const wrong = each(podCIDRs, field, (cidr, at) => shaped(cidr, at, checkCidr))
  const families = new Set(podCIDRs.map(cidr => familyOf(cidr.split('/', 1)[0] ?? '')))
  return together(
    wrong,
    must(wrong.length > 0 || families.size === podCIDRs.length, () =>
      invalidValue(field, podCIDRs, 'may specify no more than one CIDR for each IP family'),
    ),
  )
}

function validateStatus(status: NodeStatus): Errors {
  const swap = status.nodeInfo?.swap?.capacity
  return together(
    (['capacity', 'allocatable'] as const).flatMap(list =>
      Object.entries(status[list] ?? {}).flatMap(([name, value]) => validateQuantity(name, value, `status.${list}.${name}`)),
    ),
    must(swap === undefined || swap > 0, () => invalidValue('metadata.nodeSwapStatus.capacity', swap, 'must be greater than zero')),
    each(status.declaredFeatures, 'status.declaredFeatures', (feature, at, i) =>
      validateFeature(feature, status.declaredFeatures?.[i - 1], at),
    ),
  )
}

const maxFeature = 253
const feature = /^[A-Z][A-Za-z0-9]*(\/[A-Za-z0-9]+)*$/
const wrongFeature =
  "must start with an UpperCamelCase segment, with subsequent segments separated by '/' (e.g., MyFeature or MyFeature/mySubFeature), and contain only alphanumeric characters and slashes"

/** Names, in order, and each once. */
function validateFeature(name: string, before: string | undefined, field: string): Errors {
  const wrong = (why: string) => [invalidValue(field, name, `invalid feature name ${JSON.stringify(name)}: ${why}`)]
  const shape =
    name.length > maxFeature ? wrong(`must be no more than ${maxFeature} characters`) : feature.test(name) ? [] : wrong(wrongFeature)
  if (before === undefined || before < name) return shape
  return [...shape, before === name ? duplicateValue(field, name) : invalidValue(field, name, 'list must be sorted alphabetically')]
}

/** What pods and clouds rely on is set once. */
function validateChange({ spec: next, status }: Node, { spec: previous }: Node): Errors {
  const { config } = status
  return together(
    unique(
      status.addresses,
      a => `${a.type} ${a.address}`,
      (a, i) => duplicateValue(`status.addresses[${i}]`, a),
    ),
    must(!previous.podCIDRs?.length || deepEqual(next.podCIDRs, previous.podCIDRs), () =>
      forbiddenValue('spec.podCIDRs', 'node updates may not change podCIDR except from "" to valid'),
    ),
    must(!previous.providerID || next.providerID === previous.providerID, () =>
      forbiddenValue('spec.providerID', 'node updates may not change providerID except from "" to valid'),
    ),
    when(next.configSource, source => validateSource(source, 'spec.configSource', mustNotBeSet)),
    (['assigned', 'active', 'lastKnownGood'] as const).flatMap(name =>
      when(config?.[name], source => validateSource(source, `status.config.${name}`, mustBeSet)),
    ),
    must((next.externalID ?? '') === (previous.externalID ?? ''), () => forbiddenValue('spec.externalID', 'may not be updated')),
  )
}

type Source = ConfigMapNodeConfigSource

function validateSource({ configMap }: NodeConfigSource, field: string, ofVersion: (source: Source, field: string) => Errors): Errors {
  if (!configMap) return [invalidValue(field, {}, 'exactly one reference subfield must be non-nil')]
  const at = `${field}.configMap`
  return together(
    ofVersion(configMap, at),
    named(configMap.namespace, `${at}.namespace`, checkDns1123Label),
    named(configMap.name, `${at}.name`, checkDns1123Subdomain),
    named(configMap.kubeletConfigKey, `${at}.kubeletConfigKey`, checkConfigKey),
  )
}

const versionFields = ['uid', 'resourceVersion'] as const

function mustNotBeSet(source: Source, field: string): Errors {
  return versionFields.filter(name => source[name]).map(name => forbiddenValue(`${field}.${name}`, `${name} must not be set in spec`))
}

function mustBeSet(source: Source, field: string): Errors {
  return versionFields.filter(name => !source[name]).map(name => requiredValue(`${field}.${name}`))
}
