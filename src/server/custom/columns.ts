// The columns of tables of custom resources: the name, and then what the definition lists, or the age.
import type { CustomResourceColumn } from '../../api/apiextensions/custom-resource-definition.ts'
import { ageColumn, type Column, nameColumn } from '../../api/kind.ts'
import { parseRfc3339 } from '../../base/rfc3339.ts'
import { humanDuration } from '../../meta/duration.ts'
import { type JsonPath, parseJsonPath } from '../../meta/json-path.ts'
import type { KubeObject } from '../../meta/object-meta.ts'

const name: Column<KubeObject> = { ...nameColumn, cell: object => object.metadata.name }
const age: Column<KubeObject> = { ...ageColumn, type: 'date' }

export function columnsOf(columns: readonly CustomResourceColumn[] | undefined): readonly Column<KubeObject>[] {
  return [name, ...(columns ? columns.map(columnOf) : [age])]
}

function columnOf({ name, type, format, description, priority, jsonPath }: CustomResourceColumn): Column<KubeObject> {
  const parsed = parseJsonPath(jsonPath)
  const path: JsonPath = parsed.ok ? parsed.path : () => []
  return {
    name,
    type: type as Column<KubeObject>['type'],
    ...(format && { format }),
    doc: description || `Custom resource definition column (in JSONPath format): ${jsonPath}`,
    ...(priority && { priority }),
    cell: (object, now) => {
      const [value] = path(object)
      return value === undefined || value === null ? null : cellOf(type, value, now)
    },
  }
}

function cellOf(type: string, value: unknown, now: number): string | number | boolean | null {
  switch (type) {
    case 'string':
      return textOf(value)
    case 'integer':
      return typeof value === 'number' ? Math.trunc(value) : null
    case 'number':
      return typeof value === 'number' ? value : null
    case 'boolean':
      return typeof value === 'boolean' ? value : null
    case 'date': {
      if (typeof value !== 'string') return null
      const time = parseRfc3339(value, 'seconds')
      return time.ok ? humanDuration(now - Number(time.epochMicros) / 1000) : '<invalid>'
    }
    default:
      return null
  }
}

function textOf(value: unknown): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
