// What is to be said of definitions, and of the objects that they define.

import { checkQualifiedName } from '../../meta/names.ts'
import type { KubeObject } from '../../meta/object-meta.ts'
import { quoted, type Warnings } from '../warnings.ts'
import type { CustomResourceDefinition } from './custom-resource-definition.ts'
import { isKnownFormat } from './formats.ts'
import { type JsonSchema, schemasWithin } from './json-schema.ts'

/** Formats of strings that nothing checks. Those that were there before are known to whoever wrote them. */
export function warnDefinition(next: CustomResourceDefinition, previous: CustomResourceDefinition | undefined): Warnings {
  const before = new Set(previous ? unknownFormats(previous) : [])
  return unknownFormats(next)
    .filter(format => !before.has(format))
    .map(format => `unrecognized format ${quoted(format)}`)
}

function unknownFormats({ spec }: CustomResourceDefinition): readonly string[] {
  return (spec.versions ?? []).flatMap(({ schema }) => (schema?.openAPIV3Schema ? formatsIn(schema.openAPIV3Schema) : []))
}

function formatsIn(schema: JsonSchema): readonly string[] {
  const { type, format } = schema
  const own = type === 'string' && format && !isKnownFormat(format) ? [format] : []
  return [...own, ...schemasWithin(schema).flatMap(formatsIn)]
}

const standardFinalizers = ['orphan', 'foregroundDeletion']
const preferPath =
  'prefer a domain-qualified finalizer name including a path (/) to avoid accidental conflicts with other finalizer writers'

/** Of custom resources: finalizers that another one may use, too. */
export function warnFinalizers({ metadata }: KubeObject, previous: KubeObject | undefined): Warnings {
  const added = (metadata.finalizers ?? []).filter(finalizer => !previous?.metadata.finalizers?.includes(finalizer))
  return [...new Set(added)].sort().flatMap(finalizer => {
    const reasons = checkQualifiedName(finalizer)
    if (!finalizer.includes('/') && !standardFinalizers.includes(finalizer)) reasons.push(preferPath)
    return reasons.map(reason => `metadata.finalizers: ${quoted(finalizer)}: ${reason}`)
  })
}
