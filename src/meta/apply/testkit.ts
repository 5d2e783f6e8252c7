// For tests: a schema with every shape that server-side apply knows, and values of it.
import fc from 'fast-check'
import { atomic, atomicList, boolean, defaulted, int32, listMap, map, object, raw, required, set, string } from '../../schema/schema.ts'

const item = object('test.Item', '', {
  name: required(string()),
  value: string(),
  tags: map(string()),
  ports: listMap(
    ['port', 'protocol'],
    object('test.Port', '', { port: required(int32()), protocol: defaulted(string(), 'TCP'), open: boolean() }),
  ),
})
export const schema = object('test.Root', '', {
  apiVersion: string(),
  kind: string(),
  metadata: object('test.Meta', '', { name: string(), labels: map(string()) }),
  replicas: int32(),
  text: string(),
  labels: map(string()),
  selector: atomic(map(string())),
  whole: atomic(object('test.Whole', '', { a: string(), b: string() })),
  inner: object('test.Inner', '', { a: string(), b: string(), deep: object('test.Deep', '', { x: int32() }) }),
  items: listMap(['name'], item),
  words: set(string()),
  list: atomicList(string()),
  any: raw(),
})
export const { node } = schema

const word = fc.constantFrom('a', 'b', 'c', 'd')
const dictionary = fc.dictionary(word, word, { maxKeys: 3 })
const unlike = <T>(items: fc.Arbitrary<T>, key: (item: T) => unknown) => fc.uniqueArray(items, { selector: key, maxLength: 3 })

const port = fc.record(
  { port: fc.constantFrom(80, 443), protocol: fc.constantFrom('TCP', 'UDP'), open: fc.boolean() },
  { requiredKeys: ['port'] },
)
const items = unlike(
  fc.record(
    { name: word, value: word, tags: dictionary, ports: unlike(port, p => `${p.port}${p.protocol ?? 'TCP'}`) },
    { requiredKeys: ['name'] },
  ),
  i => i.name,
)
const any = fc.letrec<{ value: unknown }>(tie => ({
  value: fc.oneof(
    { maxDepth: 2 },
    word,
    fc.integer({ max: 3 }),
    fc.array(word, { maxLength: 2 }),
    fc.dictionary(word, tie('value'), { maxKeys: 2 }),
  ),
})).value

/** Values of the schema. They have the identity that every object has. */
export const values = fc
  .record(
    {
      replicas: fc.integer({ min: 0, max: 3 }),
      text: word,
      labels: dictionary,
      selector: dictionary,
      whole: fc.record({ a: word, b: word }, { requiredKeys: [] }),
      inner: fc.record({ a: word, b: word, deep: fc.record({ x: fc.integer({ max: 3 }) }, { requiredKeys: [] }) }, { requiredKeys: [] }),
      items,
      words: fc.uniqueArray(word, { maxLength: 3 }),
      list: fc.array(word, { maxLength: 3 }),
      any,
    },
    { requiredKeys: [] },
  )
  .map(value => ({ apiVersion: 'test/v1', kind: 'Root', ...(JSON.parse(JSON.stringify(value)) as object) }))
