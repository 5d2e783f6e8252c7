// Definitions for tests of custom resources.
import assert from 'node:assert/strict'
import type { Json, Requests } from '../testkit/api-requests.ts'
import { eventually } from '../testkit/waiting.ts'

export const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'

export interface Version {
  readonly name?: string
  readonly schema?: Json
  readonly served?: boolean
  readonly storage?: boolean
  readonly [key: string]: unknown
}

export function definition(
  plural: string,
  kind: string,
  versions: readonly Version[],
  spec: Json = {},
  group = 'stable.example.com',
): Json {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { plural, kind },
      versions: versions.map(({ schema = open, ...version }, i) => ({
        name: 'v1',
        served: true,
        storage: i === 0,
        ...version,
        schema: { openAPIV3Schema: schema },
      })),
      ...spec,
    },
  }
}

export const open: Json = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }

/** The schema of an object with this spec. */
export function withSpec(properties: Json, more: Json = {}): Json {
  return { type: 'object', properties: { spec: { type: 'object', properties, ...more } } }
}

export function custom(kind: string, name: string, rest: Json, version = 'v1', group = 'stable.example.com'): Json {
  return { apiVersion: `${group}/${version}`, kind, metadata: { name }, ...rest }
}

export function path(plural: string, version = 'v1', group = 'stable.example.com', namespace = 'test'): string {
  return `/apis/${group}/${version}/namespaces/${namespace}/${plural}`
}

/** Creates a definition; resolves when it is established. */
export async function define(admin: Requests, body: Json): Promise<Json> {
  const created = await admin.send('POST', definitions, { body })
  if (created.code !== 201) throw new Error(created.text)
  return eventually('the definition is established', async () => {
    const { json } = await admin.send('GET', `${definitions}/${body['metadata'].name}`)
    assert.equal(conditionOf(json, 'Established')?.['status'], 'True')
    return json
  })
}

export function conditionOf(object: Json, type: string): Json | undefined {
  return ((object['status']?.conditions ?? []) as Json[]).find(condition => condition['type'] === type)
}
