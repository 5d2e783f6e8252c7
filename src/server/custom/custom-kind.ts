// One version of a definition as a kind: everything that the server does with objects follows from it, as it does for built-in kinds.
import { type CustomResourceDefinition, type CustomResourceVersion, schemaOf } from '../../api/apiextensions/custom-resource-definition.ts'
import { type JsonSchema, schemaOfItems, schemaOfValues } from '../../api/apiextensions/json-schema.ts'
import { resourceNode } from '../../api/apiextensions/schema-nodes.ts'
import { listErrors } from '../../api/apiextensions/validate-lists.ts'
import { valueErrors } from '../../api/apiextensions/validate-value.ts'
import { allVerbs, type Kind, type ScaleMapping } from '../../api/kind.ts'
import { validateMetadata } from '../../api/validate-metadata.ts'
import { type FieldError, invalidValue } from '../../meta/field-error.ts'
import { namesOf, valueAt, withValueAt } from '../../meta/json-path.ts'
import type { KubeObject, ObjectMeta } from '../../meta/object-meta.ts'
import { StatusError } from '../../meta/status-error.ts'
import type { Schema } from '../../schema/schema.ts'
import { type CompiledRules, rulesOf } from '../rules/rules.ts'
import { columnsOf } from './columns.ts'
import { publishedSchema } from './published.ts'

/** `stable.example.com/v1 CronTab` as OpenAPI names it: `com.example.stable.v1.CronTab`. */
function definitionName(group: string, version: string, kind: string): string {
  return [...group.split('.').reverse(), version, kind].join('.')
}

/** The kind of a version of a definition whose names are accepted. */
export function customKind(definition: CustomResourceDefinition, version: CustomResourceVersion): Kind {
  const { group, scope } = definition.spec
  const names = definition.status.acceptedNames
  const schema = schemaOf(version)
  const published = { v2: publishedSchema(schema, 'v2'), v3: publishedSchema(schema, 'v3') }
  const node = resourceNode(schema, definitionName(group, version.name, names.kind), published)
  const { status, scale } = version.subresources ?? {}
  const rules = rulesOf(schema)
  const selectable = new Map((version.selectableFields ?? []).map(({ jsonPath }) => [jsonPath.replace(/^\./, ''), namesOf(jsonPath)]))
  const errors = (next: KubeObject, previous: KubeObject | undefined) => objectErrors(schema, rules, next, previous)
  return {
    group,
    version: version.name,
    kind: names.kind,
    plural: names.plural,
    singular: names.singular ?? '',
    shortNames: names.shortNames ?? [],
    categories: names.categories ?? [],
    namespaced: scope === 'Namespaced',
    isCustom: true,
    schema: { node, required: false, doc: '' } as Schema<KubeObject>,
    ...(names.listKind && { listKind: names.listKind }),
    verbs: allVerbs,
    hasStatus: status !== undefined,
    hasGeneration: true,
    ...(scale && { scale: scaleMapping(scale, names.kind) }),
    columns: columnsOf(version.additionalPrinterColumns),
    selectableFields: [...selectable.keys()],
    selectField: (object, field) => textOf(valueAt(object, selectable.get(field) ?? [])),
    validate: (next, previous) => [...errors(next, previous), ...(scale ? scaleErrors(scale, next) : [])],
    ...(status && {
      // A write of the status changes nothing else, not even labels.
      onStatusUpdate: (next: KubeObject, previous: KubeObject) => ({ ...next, metadata: statusMetadata(next.metadata, previous.metadata) }),
      validateStatus: errors,
    }),
  }
}

function statusMetadata(next: KubeObject['metadata'], previous: KubeObject['metadata']): KubeObject['metadata'] {
  const { managedFields, ...rest } = previous
  return { ...rest, ...(next.managedFields && { managedFields: next.managedFields }) }
}

/** Errors that keep rules from being asked: they are written for values of the right form. */
const blocking: ReadonlySet<FieldError['type']> = new Set([
  'FieldValueRequired',
  'FieldValueTooLong',
  'FieldValueTooMany',
  'FieldValueTypeInvalid',
])
const notChecked =
  'some validation rules were not checked because the object was invalid; correct the existing errors to complete validation'

function objectErrors(
  schema: JsonSchema,
  rules: CompiledRules | undefined,
  next: KubeObject,
  previous: KubeObject | undefined,
): readonly FieldError[] {
  const hadGoodLists = !previous || listErrors(schema, previous, '').length === 0
  const errors = [
    ...embeddedErrors(schema, next, ''),
    ...valueErrors(schema, next, '', previous),
    ...(hadGoodLists ? listErrors(schema, next, '') : []),
  ]
  if (!rules) return errors
  if (errors.some(({ type }) => blocking.has(type))) return [...errors, invalidValue('<nil>', null, notChecked)]
  return [...errors, ...rules.errors(next, previous)]
}

/** The metadata of resources within the resource. */
function embeddedErrors(schema: JsonSchema, value: unknown, path: string): readonly FieldError[] {
  if (typeof value !== 'object' || value === null || !hasEmbedded(schema)) return []
  const items = schemaOfItems(schema)
  if (Array.isArray(value)) return items ? value.flatMap((item, i) => embeddedErrors(items, item, `${path}[${i}]`)) : []
  const values = schemaOfValues(schema)
  const at = (key: string) => (path === '' ? key : `${path}.${key}`)
  return Object.entries(value).flatMap(([key, member]) => {
    const part = schema.properties && Object.hasOwn(schema.properties, key) ? schema.properties[key] : values
    const own = schema['x-kubernetes-embedded-resource'] && key === 'metadata' ? metadataErrors(member, at(key)) : []
    return [...own, ...(part ? embeddedErrors(part, member, at(key)) : [])]
  })
}

/** Embedded resources need no name, and may be of any scope. */
function metadataErrors(metadata: unknown, path: string): readonly FieldError[] {
  if (typeof metadata !== 'object' || metadata === null) return []
  const { namespace, name, ...rest } = metadata as ObjectMeta
  const kind = { group: '', isCustom: true, namespaced: namespace !== undefined }
  return validateMetadata(kind, { name: name || 'name', ...rest, ...(namespace !== undefined && { namespace }) }, path)
}

const embedded = new WeakMap<JsonSchema, boolean>()

function hasEmbedded(schema: JsonSchema): boolean {
  const known = embedded.get(schema)
  if (known !== undefined) return known
  const parts = [schemaOfItems(schema), schemaOfValues(schema), ...Object.values(schema.properties ?? {})]
  const found = schema['x-kubernetes-embedded-resource'] === true || parts.some(part => part !== undefined && hasEmbedded(part))
  embedded.set(schema, found)
  return found
}

function textOf(value: unknown): string {
  return value === undefined || value === null || typeof value === 'object' ? '' : String(value)
}

type Scale = NonNullable<NonNullable<CustomResourceVersion['subresources']>['scale']>

function scaleMapping({ specReplicasPath, statusReplicasPath, labelSelectorPath }: Scale, kind: string): ScaleMapping<KubeObject> {
  const wanted = namesOf(specReplicasPath)
  const actual = namesOf(statusReplicasPath)
  const selector = labelSelectorPath ? namesOf(labelSelectorPath) : undefined
  const number = (value: unknown) => (typeof value === 'number' ? value : 0)
  return {
    replicas(object) {
      const value = valueAt(object, wanted)
      if (value === undefined)
        throw new StatusError('NotFound', `the spec replicas field ${JSON.stringify(specReplicasPath)} of the ${kind} does not exist`)
      return number(value)
    },
    withReplicas: (object, replicas) => withValueAt(object, wanted, replicas),
    statusReplicas: object => number(valueAt(object, actual)),
    selector: object => (selector ? textOf(valueAt(object, selector)) : ''),
  }
}

const maxInt32 = 2 ** 31 - 1

function scaleErrors({ specReplicasPath }: Scale, object: KubeObject): readonly FieldError[] {
  const value = valueAt(object, namesOf(specReplicasPath))
  if (typeof value !== 'number') return []
  if (value < 0) return [invalidValue(specReplicasPath, value, 'should be a non-negative integer')]
  return value > maxInt32 ? [invalidValue(specReplicasPath, value, `should be less than or equal to ${maxInt32}`)] : []
}
