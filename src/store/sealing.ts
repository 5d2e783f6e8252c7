// What may stand between the versions in memory and those on disk: encryption at rest. Memory has plain bytes, so that reads and watches
// cost nothing; each version is sealed once, when it is written, and opened once, when a store is.

export interface SealedVersion {
  readonly key: string
  readonly revision: number
  readonly value: Buffer
}

export interface Sealing {
  /** The bytes to keep on disk. When it throws, the write fails and nothing of it is visible. */
  seal(version: SealedVersion): Buffer
  /** What was sealed. A store of which a version cannot be opened does not open. */
  open(version: SealedVersion): Buffer | Promise<Buffer>
  /** Whether the version would be kept in another way if it were written now. */
  isStale(key: string, revision: number): boolean
  /** These versions are not on disk any more. */
  dropped(revisions: readonly number[]): void
}
