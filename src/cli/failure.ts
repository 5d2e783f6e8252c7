// How a command fails in front of its user: one line says what went wrong, one what to do about it. Stack traces only where
// COXSWAIN_DEBUG asks for them.
import { ClusterError } from '../cluster/lifecycle.ts'
import { PhaseError } from '../cluster/phases.ts'

export const exitCodes = { failure: 1, usage: 2, interrupted: 130 } as const

/** A failure that the command itself words. */
export class Failure extends Error {
  override readonly name = 'Failure'
  readonly fix: string | undefined
  readonly exitCode: number

  constructor(message: string, fix?: string, exitCode: number = exitCodes.failure) {
    super(message)
    this.fix = fix
    this.exitCode = exitCode
  }
}

/** The command was told to end. `what` says what it left, or how to go on. */
export class Interrupted extends Failure {
  constructor(what?: string) {
    super(what === undefined ? 'interrupted' : `interrupted; ${what}`, undefined, exitCodes.interrupted)
  }
}

export interface Explanation {
  readonly lines: readonly string[]
  readonly exitCode: number
}

export function explain(error: unknown, debug: boolean): Explanation {
  const stack = debug && error instanceof Error ? stackLines(error) : []
  const exitCode = error instanceof Failure ? error.exitCode : exitCodes.failure
  return { lines: [...whatAndFix(error), ...stack], exitCode }
}

function whatAndFix(error: unknown): string[] {
  const full = withCode(error, 'ENOSPC')
  if (full !== undefined) return ['error: the disk is full', `fix: free some space, then try again (${full.message})`]
  if (error instanceof PhaseError) {
    const log = error.logEnd.length === 0 ? [] : [`end of ${error.phase.logFile}:`, ...error.logEnd.map(line => `  ${line}`)]
    return [`error: ${error.message}`, ...log, ...fixLine(error.phase.fix)]
  }
  if (error instanceof Failure || error instanceof ClusterError) return [`error: ${error.message}`, ...fixLine(error.fix)]
  const message = error instanceof Error ? error.message : String(error)
  return [`error: ${message}`, 'fix: set COXSWAIN_DEBUG=1 and try again to see where it comes from']
}

function fixLine(fix: string | undefined): string[] {
  return fix === undefined ? [] : [`fix: ${fix}`]
}

function withCode(error: unknown, code: string): Error | undefined {
  if (!(error instanceof Error)) return undefined
  return 'code' in error && error.code === code ? error : withCode(error.cause, code)
}

function stackLines(error: Error): string[] {
  const cause = error.cause instanceof Error ? ['caused by:', ...stackLines(error.cause)] : []
  return [...(error.stack ?? error.message).split('\n'), ...cause]
}
