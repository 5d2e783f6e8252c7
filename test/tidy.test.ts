// Properties of the code itself: imports point down, the world comes in through arguments, no file grows past what one can hold in the head.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { test } from 'node:test'

const root = resolve(import.meta.dirname, '../src')

const lower = ['base', 'schema', 'meta']
const components = [...lower, 'api', 'client']
/** Which folders each folder may import, besides itself. */
const layers: Readonly<Record<string, readonly string[]>> = {
  base: [],
  platform: ['base'],
  schema: ['base'],
  meta: ['base', 'schema'],
  cel: lower,
  api: lower,
  store: ['base'],
  client: [...lower, 'api', 'platform'],
  server: [...lower, 'cel', 'api', 'client', 'store', 'platform'],
  controllers: [...components, 'cel'],
  scheduler: components,
  kubelet: components,
  proxy: components,
  cluster: [...components, 'platform'],
  cli: [...components, 'platform', 'cluster'],
}
/** Rims: they touch the real world. `store` does in its durable backend alone, `server` in its listener. */
const rims = ['platform', 'main', 'cli', 'cluster']
const ambient =
  /\b(Date\.now\(|new Date\(\)|Math\.random\b|performance\.now\(|setTimeout\(|setInterval\(|process\.env\b|crypto\.randomUUID)/
const maxLines = 500

interface Source {
  readonly path: string
  readonly folder: string
  readonly text: string
}

const sources: readonly Source[] = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter(path => path.endsWith('.ts'))
  .map(path => ({ path, folder: path.split('/')[0] ?? '', text: readFileSync(join(root, path), 'utf8') }))
const isTest = ({ path }: Source) => /\.(test|contract|test-support)\.ts$|testkit|testing\/|test-kubelet|fake-/.test(path)

test('imports point down', () => {
  const wrong = sources
    .filter(s => s.folder !== 'main' && !isTest(s))
    .flatMap(source =>
      [...source.text.matchAll(/^(?:import|export)[^'"]*?from '(\.[^']+)'/gm)].flatMap(([, target = '']) => {
        const folder = relative(root, resolve(root, dirname(source.path), target)).split('/')[0] ?? ''
        return folder === source.folder || layers[source.folder]?.includes(folder) ? [] : [`${source.path} imports ${target}`]
      }),
    )
  assert.deepEqual(wrong, [])
})

test('time, chance and the environment come in through arguments', () => {
  const wrong = sources
    .filter(s => !rims.includes(s.folder) && !isTest(s))
    .flatMap(source =>
      source.text.split('\n').flatMap((line, i) => {
        const found = line.trim().startsWith('//') || line.trim().startsWith('*') ? null : ambient.exec(line)
        return found ? [`${source.path}:${i + 1}: ${found[0]}`] : []
      }),
    )
  assert.deepEqual(wrong, [])
})

test('files stay small', () => {
  const wrong = sources.filter(s => !isTest(s) && s.text.split('\n').length > maxLines).map(s => s.path)
  assert.deepEqual(wrong, [])
})

test('the project speaks of nothing but itself', () => {
  const marked = sources.filter(({ text }) => /\/work\/|\/tmp\/coxswain|\bhelper-\d/.test(text)).map(s => s.path)
  assert.deepEqual(marked, [])
})
