import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { KubeObject } from '../meta/object-meta.ts'
import { ValidatingAdmissionPolicy } from './admissionregistration/validating-admission-policy.ts'
import { APIService } from './apiregistration/api-service.ts'
import { FlowSchema } from './flowcontrol/flow-schema.ts'
import { PriorityLevelConfiguration } from './flowcontrol/priority-level-configuration.ts'
import type { Kind } from './kind.ts'
import { ServiceCIDR } from './networking/service-cidr.ts'
import { VolumeAttachment } from './storage/volume-attachment.ts'
import { stored } from './testkit.ts'

const kinds = [
  APIService,
  FlowSchema,
  PriorityLevelConfiguration,
  ServiceCIDR,
  ValidatingAdmissionPolicy,
  VolumeAttachment,
] as readonly unknown[]

describe('a write of the status', () => {
  for (const kind of kinds as readonly Kind[]) {
    it(`leaves the metadata of a ${kind.kind} alone, but for who owns what`, () => {
      const of = (metadata: object): KubeObject => stored(kind, { metadata: { name: 'a', ...metadata } })
      const managedFields = [{ manager: 'm', operation: 'Update' }]
      const before = of({ labels: { a: 'b' } })
      const after = kind.onStatusUpdate?.(of({ labels: { c: 'd' }, annotations: { e: 'f' }, managedFields }), before, 0)
      assert.deepEqual(after?.metadata, { ...before.metadata, managedFields })
    })
  }
})
