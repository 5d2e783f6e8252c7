import assert from 'node:assert/strict'
import { test } from 'node:test'
import { wellFormedJson } from './json-text.ts'

const read: readonly (readonly [text: string, value: string])[] = [
  [String.raw`"a\ud800b"`, 'a\ufffdb'],
  [String.raw`"\uD83D\uDE00"`, '😀'],
  [String.raw`"\ude00\ud83d"`, '\ufffd\ufffd'],
  [String.raw`"\ud83d\ud83d\ude00"`, '\ufffd😀'],
  [String.raw`"\\ud800"`, String.raw`\ud800`],
  [String.raw`"\\\ud800"`, '\\\ufffd'],
  [String.raw`"\ud800\n"`, '\ufffd\n'],
  [String.raw`"\u00e4"`, 'ä'],
]

for (const [text, value] of read) test(`${text} is read as Go reads it`, () => assert.equal(JSON.parse(wellFormedJson(text)), value))
