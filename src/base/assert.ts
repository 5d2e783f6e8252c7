// Programmer errors. They crash the process (or the worker) and are never handled as an outcome.

export class AssertionError extends Error {
  override readonly name = 'AssertionError'
}

/** Throws `AssertionError` when an invariant of our own code does not hold. Never use it on input. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AssertionError(message)
}

/** The end of an exhaustive switch. */
export function unreachable(value: never): never {
  throw new AssertionError(`unreachable: ${JSON.stringify(value)}`)
}
