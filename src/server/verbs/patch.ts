// PATCH: three patch formats over the same change path as PUT, and apply, which has its own (apply.ts).

import type { Kind } from '../../api/kind.ts'
import { forbiddenValue } from '../../meta/field-error.ts'
import type { KubeObject } from '../../meta/object-meta.ts'
import { applyJsonPatch } from '../../meta/patch/json.ts'
import { applyMergePatch } from '../../meta/patch/merge.ts'
import { applyStrategicPatch } from '../../meta/patch/strategic.ts'
import { StatusError } from '../../meta/status-error.ts'
import { decodeObject, findingsOf, ignored, mediaType, parseBody } from '../body.ts'
import type { Answer, Call } from '../call.ts'
import type { Context } from '../context.ts'
import { checkOptions } from '../options.ts'
import { apply, applyType, isApply } from './apply.ts'
import { changeObject } from './update.ts'

const patchTypes: readonly string[] = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
  applyType,
]
/** Custom resources have no strategic merge, which needs marks in the schema. */
const customPatchTypes = patchTypes.filter(type => type !== 'application/strategic-merge-patch+json')

export function patchTypesOf(kind: Kind): readonly string[] {
  return kind.isCustom ? customPatchTypes : patchTypes
}

export async function patch(context: Context, call: Call): Promise<Answer> {
  const { resource } = call
  if (isApply(call)) return apply(context, call)
  const patched = patcher(call)
  const findings = findingsOf(call)
  const entry = await changeObject(context, call, current => decodeObject(resource.kind, patched(current), findings))
  return { type: 'entry', code: 200, resource, entry }
}

/** The patch of a call as a function; used for subresources of other kinds (`scale`) too. */
export function patcher(call: Call, node = call.resource.kind.schema.node): (current: KubeObject) => unknown {
  if (!call.body) throw StatusError.badRequest('a body is required')
  const type = mediaType(call.body.contentType)
  const types = patchTypesOf(call.resource.kind)
  if (!types.includes(type)) throw StatusError.unsupportedMediaType(types)
  if (call.query.has('force')) checkOptions('PatchOptions', [forbiddenValue('force', 'may not be specified for non-apply patch')])
  const document = parseBody(call.body, ignored())
  switch (type) {
    case 'application/json-patch+json':
      return current => applyJsonPatch(current, document)
    case 'application/merge-patch+json':
      return current => applyMergePatch(current, document)
    default:
      return current => applyStrategicPatch(node, current, document)
  }
}
