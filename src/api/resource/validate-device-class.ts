// The rules of device classes.
import { invalidValue } from '../../meta/field-error.ts'
import { isExtendedResource } from '../core/resource-names.ts'
import { type Errors, must, when } from '../validation.ts'
import type { DeviceClassSpec } from './device-class.ts'
import { maxConfigurations, validateConfiguration, validateSelectors } from './validate-claim.ts'
import { upTo } from './validate-names.ts'

export function validateDeviceClass({ selectors, config, extendedResourceName }: DeviceClassSpec): Errors {
  return [
    ...validateSelectors(selectors, 'spec.selectors'),
    ...upTo(maxConfigurations, config, 'spec.config', ({ opaque }, at) => validateConfiguration(opaque, at)),
    ...when(extendedResourceName, name =>
      must(isExtendedResource(name), () => invalidValue('spec.extendedResourceName', name, 'must be a valid extended resource name')),
    ),
  ]
}
