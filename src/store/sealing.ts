// What may stand between the versions in memory and those on disk: encryption at rest. Memory has plain bytes, so that reads and watches
// cost nothing; each version is sealed once, when it is written, and opened once, when a store is.

export interface SealedVersion {
  readonly key: string
  readonly revision: number
  readonly value: Buffer
}

/** What opens sealed versions is not there yet. */
export class OpenLaterError extends Error {
  override readonly name = 'OpenLaterError'
}

/** The part that a store needs also where nothing new is sealed. */
export type Opening = Pick<Sealing, 'open'>

export interface Sealing {
  /** The bytes to keep on disk. When it throws, the write fails and nothing of it is visible. */
  seal(version: SealedVersion): Buffer
  /**
   * What was sealed. When it throws, the version stays on disk as it is and cannot be read.
   * @throws {OpenLaterError} it may be opened later: the store does not open, to be opened again as a whole
   */
  open(version: SealedVersion): Buffer | Promise<Buffer>
  /** Whether the version would be kept in another way if it were written now. */
  isStale(key: string, revision: number): boolean
  /** These versions are not on disk any more. */
  dropped(revisions: readonly number[]): void
}
