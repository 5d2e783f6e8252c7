// Versions packed into one buffer, the form in which they cross between the main thread and the worker: one transfer, no
// structured clone of thousands of small objects. Never on disk, so it has no version of its own.
import type { VersionRecord } from './versions.ts'

/** revision f64, createRevision f64, key length u32, value length u32, deleted u8. */
const HEADER_BYTES = 25

export function recordBytes(record: VersionRecord): number {
  return HEADER_BYTES + Buffer.byteLength(record.key) + record.value.length
}

/** The result has an ArrayBuffer of its own, fit to be transferred. */
export function packRecords(records: readonly VersionRecord[]): ArrayBuffer {
  const buffer = Buffer.allocUnsafeSlow(records.reduce((sum, record) => sum + recordBytes(record), 0))
  let at = 0
  for (const { revision, createRevision, deleted, key, value } of records) {
    const keyLength = buffer.write(key, at + HEADER_BYTES)
    buffer.writeDoubleLE(revision, at)
    buffer.writeDoubleLE(createRevision, at + 8)
    buffer.writeUInt32LE(keyLength, at + 16)
    buffer.writeUInt32LE(value.length, at + 20)
    buffer.writeUInt8(deleted ? 1 : 0, at + 24)
    at += HEADER_BYTES + keyLength
    at += value.copy(buffer, at)
  }
  return buffer.buffer
}

/** The values are slices of the packed buffer. */
export function* unpackRecords(packed: ArrayBuffer): Generator<VersionRecord> {
  const buffer = Buffer.from(packed)
  for (let at = 0; at < buffer.length; ) {
    const keyAt = at + HEADER_BYTES
    const valueAt = keyAt + buffer.readUInt32LE(at + 16)
    const end = valueAt + buffer.readUInt32LE(at + 20)
    yield {
      revision: buffer.readDoubleLE(at),
      createRevision: buffer.readDoubleLE(at + 8),
      deleted: buffer.readUInt8(at + 24) === 1,
      key: buffer.toString('utf8', keyAt, valueAt),
      value: buffer.subarray(valueAt, end),
    }
    at = end
  }
}
