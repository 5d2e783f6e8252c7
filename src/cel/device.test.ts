// Costs and refusals are those of upstream's own compiler of selectors.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileSelector, deviceSelectorErrors } from './device.ts'

const attributes = 'device.attributes["gpu.example.com"]'
const capacity = 'device.capacity["gpu.example.com"]'

test('what a selector may cost follows from the largest device', () => {
  const rows: readonly (readonly [string, number])[] = [
    ['device.driver == "gpu.example.com"', 4],
    ['device.allowMultipleAllocations == true', 3],
    ['"other.example.com" in device.attributes', 3],
    [`${attributes}["ecc"]`, 4],
    [`cel.bind(gpu, ${attributes}, gpu.ecc)`, 15],
    [`${attributes}.index > 0`, 5],
    [`1 in ${attributes}.several`, 68],
    [`${attributes}.driverVersion.isGreaterThan(semver("0.0.1"))`, 6],
    [`${attributes}.driverVersion.isGreaterThan(semver("v0.0.1", true)) && isSemver("v1.0.0", true)`, 7],
    [`"memory" in ${capacity} && ${capacity}.memory.isGreaterThan(quantity("1Ki"))`, 10],
    [`!("memory" in ${capacity}) || ${capacity}.memory.isGreaterThan(quantity("1Ki"))`, 11],
    ['device.attributes.exists_one(x, x == "gpu.example.com")', 164],
    [`${capacity}.exists_one(x, x == "memory")`, 133],
    [`${attributes}.model.split("example").size() >= 2`, 19],
    [`${attributes}.model.matches("[^a]?sym")`, 18],
  ]
  for (const [text, cost] of rows) {
    const compiled = compileSelector(text)
    assert.equal('program' in compiled ? compiled.program.estimate().max : compiled.error, cost, text)
  }
})

test('a selector must compile, give a boolean and not cost too much', () => {
  const tens = '[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]'
  const nested = Array.from({ length: 7 }, (_, i) => `${tens}.all(x${i}, `).join('')
  const rows: readonly (readonly [string, string])[] = [
    ['1', 'must evaluate to bool or the unknown type, not int'],
    ['dyn(true)', 'must evaluate to bool or the unknown type, not dyn'],
    ['device.attributes["a"]', 'must evaluate to bool or the unknown type, not map(string, google.protobuf.Any)'],
    ['device.size', "compilation failed: ERROR: <input>:1:7: undefined field 'size'\n | device.size\n | ......^"],
    ['a.all(x, true)', "undeclared reference to 'a'"],
    [`${attributes}.x.all(y, y)`, "expression of type 'any' cannot be range of a comprehension (must be list, map, or dynamic)"],
    ['', 'compilation failed: ERROR: <input>:1:1: Syntax error'],
    [`${nested}1 < 2${')'.repeat(7)}`, 'too complex, exceeds cost limit'],
  ]
  for (const [text, expected] of rows) {
    const [error] = deviceSelectorErrors(text, 'f')
    assert.ok(error?.detail.includes(expected), `${text}: ${error?.detail}`)
  }
  for (const text of ['true', `${attributes}.ecc`, `${attributes}.ecc || ${attributes}.hbm`, `true ? ${attributes}.ecc : false`])
    assert.deepEqual(deviceSelectorErrors(text, 'f'), [], text)
})
