// Where each definition's fields are in Protocol Buffers: their names in the order of their numbers, from 1 on.
// `@6` says that the next number is 6. `>Name` is a message of its own on the wire whose fields JSON shows as this definition's own.
// The mark says when Kubernetes writes a field. Without one, only when it is set. `=`: always, and JSON shows it even when it is zero.
// `~`: always, and JSON omits it when it is zero. (In Go: pointers, lists and maps; values; values with `omitempty`.)
// A group of the API has its own file in protobuf/.
import type { FieldTable } from '../schema/protobuf.ts'
import { fields as admissionregistration } from './protobuf/admissionregistration.ts'
import { fields as apiextensions } from './protobuf/apiextensions.ts'
import { fields as apiregistration } from './protobuf/apiregistration.ts'
import { fields as apps } from './protobuf/apps.ts'
import { fields as authentication } from './protobuf/authentication.ts'
import { fields as authorization } from './protobuf/authorization.ts'
import { fields as autoscaling } from './protobuf/autoscaling.ts'
import { fields as batch } from './protobuf/batch.ts'
import { fields as certificates } from './protobuf/certificates.ts'
import { fields as coordination } from './protobuf/coordination.ts'
import { fields as core } from './protobuf/core.ts'
import { fields as discovery } from './protobuf/discovery.ts'
import { fields as events } from './protobuf/events.ts'
import { fields as flowcontrol } from './protobuf/flowcontrol.ts'
import { fields as meta } from './protobuf/meta.ts'
import { fields as metrics } from './protobuf/metrics.ts'
import { fields as networking } from './protobuf/networking.ts'
import { fields as node } from './protobuf/node.ts'
import { fields as policy } from './protobuf/policy.ts'
import { fields as rbac } from './protobuf/rbac.ts'
import { fields as resource } from './protobuf/resource.ts'
import { fields as scheduling } from './protobuf/scheduling.ts'
import { fields as storage } from './protobuf/storage.ts'

export const protobufFields: FieldTable = {
  ...node,
  ...networking,
  ...metrics,
  ...flowcontrol,
  ...certificates,
  ...admissionregistration,
  ...apiregistration,
  ...apiextensions,
  ...apps,
  ...authentication,
  ...authorization,
  ...autoscaling,
  ...batch,
  ...coordination,
  ...core,
  ...discovery,
  ...events,
  ...meta,
  ...policy,
  ...rbac,
  ...resource,
  ...scheduling,
  ...storage,
}
