// ResourceQuota: what a namespace's objects use together stays within its quotas. A write is charged before its object is stored, and what
// was charged is given back when it is not stored after all; what objects stop using, the controller of quotas finds out.
import { ResourceQuota } from '../../../api/core/resource-quota.ts'
import { evaluatorOf } from '../../../api/quota/all.ts'
import type { KubeObject } from '../../../meta/object-meta.ts'
import { StatusError } from '../../../meta/status-error.ts'
import { isDryRun } from '../../options.ts'
import type { Storage } from '../../storage.ts'
import type { AdmissionPlugin, AdmissionRequest } from '../admission.ts'
import { type Charge, chargesOf, type QuotaWrite } from './charges.ts'
import { QuotaLedger } from './ledger.ts'

export function resourceQuota(): AdmissionPlugin {
  const ledger = new QuotaLedger()
  const charges = new WeakMap<KubeObject, readonly Charge[]>()
  return {
    name: 'ResourceQuota',
    validate(request, storage) {
      const write = writeOf(request, storage)
      if (!write) return
      const { namespace } = request.call.info
      const quotas = storage.all(ResourceQuota, namespace)
      if (quotas.length === 0) return
      // Most quotas do not concern most objects: that is known without waiting, and so is whether a trial would do.
      const needed = chargesOf(quotas, write)
      if (needed.length === 0 || isDryRun(request.call)) return
      return ledger
        .charge(storage, namespace, quotas => chargesOf(quotas, write))
        .then(charged => {
          charges.set(write.object, charged)
        })
    },
    async undo(object, storage) {
      const charged = charges.get(object)
      charges.delete(object)
      if (charged) await ledger.giveBack(storage, object.metadata.namespace ?? '', charged)
    },
  }
}

function writeOf({ operation, call, subresource, object, previous }: AdmissionRequest, storage: Storage): QuotaWrite | undefined {
  if (!object || operation === 'DELETE') return undefined
  if (operation === 'CREATE' && subresource !== '') return undefined
  const evaluator = evaluatorOf(call.resource.kind)
  if (!evaluator || (previous && !evaluator.isAffected?.(object, previous, subresource))) return undefined
  const refuse = (why: string) => StatusError.forbidden(call.resource, object.metadata.name, why)
  return {
    evaluator,
    object,
    previous,
    isReport: subresource === 'status',
    refuse,
    list: (kind, namespace) => storage.all(kind, namespace),
  }
}
