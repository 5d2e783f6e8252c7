// YAML bodies, read as upstream's decoder reads them, in time that grows with the text alone: the library's own check of keys compares each
// with each, an alias is looked for among all, and whoever may send a body could stop the whole server with one.
import { isScalar, LineCounter, parseDocument, type Tags, visit, YAMLError } from 'yaml'
import { StatusError } from '../meta/status-error.ts'
import { wellFormedJson } from './json-text.ts'
import { isTooDeep } from './nesting.ts'

export interface YamlBody {
  /** As JSON would have it. */
  readonly value: unknown
  /** What strict readers object to. */
  readonly duplicates: readonly string[]
}

/** What aliases may cost: each can stand for the whole text. */
const maxAliasedBytes = 8 * 1024 * 1024

/** Of YAML 1.1 but not of JSON: upstream reads them as the text that they are, or not at all. */
const strangeTags = new Set(['timestamp', 'omap', 'pairs', 'set'].map(name => `tag:yaml.org,2002:${name}`))

/** Fails with BadRequest. */
export function parseYamlBody(text: string): YamlBody {
  try {
    const lines = new LineCounter()
    const document = parseDocument(text, {
      version: '1.1',
      schema: 'yaml-1.1',
      customTags: tags => tags.filter(isPlain),
      uniqueKeys: false,
      lineCounter: lines,
      logLevel: 'error',
    })
    const [error] = document.errors
    if (error) throw error
    let aliases = 0
    const duplicates: string[] = []
    visit(document, {
      Alias() {
        if (++aliases * text.length > maxAliasedBytes) throw new Error('document contains excessive aliasing')
      },
      Map(_, { items }) {
        const seen = new Set<string>()
        for (const { key } of items) {
          if (!isScalar(key)) continue
          const name = String(key.value)
          if (seen.has(name))
            duplicates.push(`line ${lines.linePos(key.range?.[0] ?? 0).line}: key ${JSON.stringify(name)} already set in map`)
          seen.add(name)
        }
      },
    })
    const value: unknown = document.toJS({ maxAliasCount: 100 })
    if (isTooDeep(value)) throw new Error('exceeded max depth')
    // YAML knows values that JSON does not, such as infinities, and halves of characters.
    return { value: value === undefined ? null : JSON.parse(wellFormedJson(JSON.stringify(value))), duplicates }
  } catch (error) {
    const why = error instanceof YAMLError || error instanceof Error ? error.message : String(error)
    throw StatusError.badRequest(`error converting YAML to JSON: yaml: ${why}`)
  }
}

function isPlain(tag: Tags[number]): boolean {
  return typeof tag === 'string' || (!strangeTags.has(tag.tag) && !('format' in tag && tag.format === 'TIME'))
}
