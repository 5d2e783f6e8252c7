// Bodies that are hard to read: deep, long, not in the encoding that they say, or unfolding to far more than they are.
import { gzipSync } from 'node:zlib'
import type { Random } from './random.ts'
import type { Shot } from './shot.ts'

const begin = '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"x"'

function jsonBody(random: Random): string | Buffer {
  const n = random.pick([10, 1_000, 20_000])
  return random.do<string | Buffer>(
    () => `${begin},"annotations":${'{"a":'.repeat(n)}1${'}'.repeat(n)}}}`,
    () => `${begin}},"data":${'['.repeat(n)}${']'.repeat(n)}}`,
    () => `${begin}},"data":{${Array.from({ length: n }, () => '"a":"b"').join()}}}`,
    () => `${begin}},"data":{${Array.from({ length: n }, (_, i) => `"k${i}":"b"`).join()}}}`,
    () => `${begin}},"data":{"a":"${'\\u0000'.repeat(n)}"}}`,
    () => `${begin}},"x":${'9'.repeat(n)}}`,
    () => `${begin}},"x":1e${'9'.repeat(Math.min(n, 1000))},"y":-0,"z":1E-400}`,
    () => `${begin},"labels":{"a":"${'x'.repeat(n)}"},"annotations":{"a":"${'y'.repeat(n)}"}}}`,
    () => `${begin},"finalizers":[${Array.from({ length: n }, (_, i) => `"a/${i}"`).join()}]}}`,
    () =>
      `${begin},"ownerReferences":[${Array.from({ length: Math.min(n, 20_000) }, (_, i) => `{"apiVersion":"v1","kind":"Pod","name":"x","uid":"${i}"}`).join()}]}}`,
    () => Buffer.concat([Buffer.from(`${begin}},"data":{"a":"`), Buffer.from([0xff, 0xc0, 0x80, 0xed, 0xa0, 0x80]), Buffer.from('"}}')]),
    () => Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from(`${begin}}}`)]),
    () => Buffer.from(`${begin}}}`, 'utf16le'),
    () => `${begin}}} ${begin}}}`,
    () => `${begin}},"__proto__":{"a":1},"constructor":{"prototype":{}},"data":{"__proto__":"a","toString":"b"}}`,
    () =>
      random.pick([
        'NaN',
        'Infinity',
        '01',
        '"',
        'null',
        'true',
        '1',
        '"x"',
        '[]',
        '{}',
        '{"a"}',
        "{'a':1}",
        '{"a":1,}',
        '/**/{}',
        '\u2028{}',
        '',
      ]),
    () => ' '.repeat(3 * 1024 * 1024 + random.below(3)),
    () => gzipSync(`${begin}}}`),
    () => gzipSync(Buffer.alloc(50_000_000)),
  )
}

function yamlBody(random: Random): string {
  const lists = Array.from({ length: 9 }, (_, i) => `l${i + 1}: &l${i + 1} [${Array.from({ length: 9 }, () => `*l${i}`).join(', ')}]`)
  const start = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n'
  return random.do(
    () => `${start}l0: &l0 [a]\n${lists.join('\n')}\n`,
    () => `${'- '.repeat(5_000)}a`,
    () => '{a: '.repeat(5_000),
    () => 'a: &a\n  b: *a\n',
    () => `${start}data:\n  <<: {a: b}\n  ? [x]\n  : !!binary YQ==\n  d: !!js/function "x"\n`,
    () => '%YAML 1.1\n---\napiVersion: v1\n...\n---\nkind: Pod\n',
    () => `${start}data: {${Array.from({ length: 20_000 }, (_, i) => `k${i}: v`).join(', ')}}`,
    () => `${start}data: {a: .nan, b: .inf, c: 2026-01-01, d: 0o7, e: 1_000, f: ~, g: yes, h: "\\ud800", i: !!set {a}}\n`,
    () => `${start}data:\n${Array.from({ length: 3_000 }, (_, i) => `${' '.repeat(i % 900)}k${i}:\n`).join('')}`,
    () => `${start}data:\n  a: |\n${'   x\n'.repeat(50_000)}`,
  )
}

const encoded = (random: Random) => (random.chance(0.1) ? { 'content-encoding': random.pick(['gzip', 'identity', 'x']) } : {})

export function bodyShot(random: Random): Shot {
  const isYaml = random.chance(0.4)
  const isApply = random.chance(0.4)
  const json = isApply
    ? random.pick(['application/merge-patch+json', 'application/json-patch+json', 'application/apply-patch+yaml'])
    : 'application/json'
  const yaml = isApply ? 'application/apply-patch+yaml' : 'application/yaml'
  return {
    method: isApply ? 'PATCH' : 'POST',
    target: `/api/v1/namespaces/test/configmaps${isApply ? '/x?fieldManager=one&force=true' : ''}`,
    headers: { 'content-type': isYaml ? yaml : json, ...encoded(random) },
    body: isYaml ? yamlBody(random) : jsonBody(random),
    // What is larger than a server takes ends the connection with the answer.
    isRough: true,
  }
}
