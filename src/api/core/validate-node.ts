// The rules of nodes.

import { deepEqual } from '../../meta/deep-equal.ts'
import { duplicateValue, type FieldError, forbiddenValue, invalidValue, requiredValue } from '../../meta/field-error.ts'
import { checkLabelValue } from '../../meta/names.ts'
import { checkCidr, familyOf } from '../validate-address.ts'
import { type Errors, each, labelKey, must, shapedIfSet, unique } from '../validation.ts'
import type { Node, NodeSpec, NodeStatus, Taint } from './node.ts'
import { validateQuantity } from './validate-resources.ts'

export function validateNode(next: Node, previous: Node | undefined): Errors {
  return [
    ...validateTaints(next.spec.taints, 'spec.taints'),
    ...validateCidrs(next.spec),
    ...validateNodeStatus(next),
    ...(previous ? validateKept(next.spec, previous.spec) : []),
  ]
}

export function validateTaints(taints: readonly Taint[] | undefined, field: string): Errors {
  return [
    ...each(taints, field, ({ key, value, effect }, at) => [
      ...labelKey(key, `${at}.key`),
      ...shapedIfSet(value, `${at}.value`, checkLabelValue),
      ...must(Boolean(effect), () => requiredValue(`${at}.effect`)),
    ]),
    ...unique(
      taints,
      t => `${t.key}:${t.effect}`,
      (t, i) => ({ ...duplicateValue(`${field}[${i}]`, t), detail: 'taints must be unique by key and effect pair' }),
    ),
  ]
}

function validateCidrs({ podCIDRs = [] }: NodeSpec): Errors {
  const families = podCIDRs.map(cidr => familyOf(cidr.split('/', 1)[0] ?? ''))
  const errors: FieldError[] = podCIDRs.flatMap((cidr, i) =>
    checkCidr(cidr).map(reason => invalidValue(`spec.podCIDRs[${i}]`, cidr, reason)),
  )
  if (errors.length === 0 && new Set(families).size < families.length) {
    errors.push(invalidValue('spec.podCIDRs', podCIDRs, 'may specify no more than one CIDR for each IP family'))
  }
  return errors
}

export function validateNodeStatus({ status }: { readonly status: NodeStatus }): Errors {
  return [
    ...(['capacity', 'allocatable'] as const).flatMap(list =>
      Object.entries(status[list] ?? {}).flatMap(([name, value]) => validateQuantity(name, value, `status.${list}[${name}]`)),
    ),
    ...unique(
      status.addresses,
      a => `${a.type} ${a.address}`,
      (a, i) => duplicateValue(`status.addresses[${i}]`, a),
    ),
  ]
}

/** What pods and clouds rely on is set once. */
function validateKept(next: NodeSpec, previous: NodeSpec): Errors {
  return [
    ...must(!previous.podCIDRs?.length || deepEqual(next.podCIDRs, previous.podCIDRs), () =>
      forbiddenValue('spec.podCIDRs', 'node updates may not change podCIDR except from "" to valid'),
    ),
    ...must(!previous.providerID || next.providerID === previous.providerID, () =>
      forbiddenValue('spec.providerID', 'node updates may not change providerID except from "" to valid'),
    ),
  ]
}
