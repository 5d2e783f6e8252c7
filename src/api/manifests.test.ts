// Manifests as well-known projects ship them: whatever in them is of a kind that is served must be accepted as it is.
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { parseAllDocuments } from 'yaml'
import type { KubeObject } from '../meta/object-meta.ts'
import type { Draft } from '../schema/schema.ts'
import { storedKinds } from './all.ts'
import { apiVersionOf } from './kind.ts'
import { complaints, stored } from './testkit.ts'

const folder = fileURLToPath(new URL('../../../shared/manifests', import.meta.url))
/** Not meant to be applied as they stand. */
const leftOut: readonly (readonly [part: string, why: string])[] = [
  ['_archived/', 'given up by their projects; some are templates, some were never right'],
  ['10-metrics-server/manifests/', 'pieces for kustomize to put together'],
]
const kinds = new Map(storedKinds.map(kind => [`${apiVersionOf(kind)} ${kind.kind}`, kind]))

/** As the server reads YAML: `0755` is octal. */
function objectsOf(file: string): KubeObject[] {
  const documents = parseAllDocuments(readFileSync(`${folder}/${file}`, 'utf8'), { version: '1.1' })
  const objects = documents.map(document => document.toJS() as (KubeObject & { items?: KubeObject[] }) | null)
  return objects.flatMap(object => (object?.kind === 'List' ? (object.items ?? []) : object?.kind ? [object] : []))
}

describe('manifests of well-known projects', { skip: existsSync(folder) ? false : 'the manifests are not at ../shared' }, () => {
  const files = existsSync(folder)
    ? readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
        file => /\.ya?ml$/.test(file) && !leftOut.some(([part]) => file.includes(part)),
      )
    : []
  for (const file of files) {
    it(file, () => {
      const problems = objectsOf(file).flatMap(object => {
        const kind = kinds.get(`${object.apiVersion} ${object.kind}`)
        if (!kind) return []
        try {
          return complaints(kind, stored(kind, object as Draft<KubeObject>)).map(
            problem => `${object.kind} ${object.metadata.name}: ${problem}`,
          )
        } catch (error) {
          return [`${object.kind} ${object.metadata.name}: ${error instanceof Error ? error.message : error}`]
        }
      })
      assert.deepEqual(problems, [])
    })
  }
})
