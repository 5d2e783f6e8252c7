// The rules of device classes.
import { deepEqual } from '../../meta/deep-equal.ts'
import { invalidValue } from '../../meta/field-error.ts'
import { isExtendedResource } from '../core/resource-names.ts'
import { type Errors, must, when } from '../validation.ts'
import type { DeviceClassSpec } from './device-class.ts'
import { maxConfigurations, validateConfiguration, validateSelectors } from './validate-claim.ts'
import { upTo } from './validate-names.ts'

export function validateDeviceClass(
  { selectors, config, extendedResourceName }: DeviceClassSpec,
  previous: DeviceClassSpec | undefined,
): Errors {
  const isStored = previous !== undefined && deepEqual(config, previous.config)
  return [
    ...validateSelectors(selectors, 'spec.selectors'),
    ...upTo(maxConfigurations, config, 'spec.config', ({ opaque }, at) => validateConfiguration(opaque, at, isStored)),
    ...when(extendedResourceName, name =>
      must(isExtendedResource(name), () => invalidValue('spec.extendedResourceName', name, 'must be a valid extended resource name')),
    ),
  ]
}
