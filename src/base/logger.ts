// What components tell their operators. Lines are JSON objects behind a level and a time; see platform/log.ts for the real one.

export interface Logger {
  info(message: string, fields?: Readonly<Record<string, unknown>>): void
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void
  error(message: string, fields?: Readonly<Record<string, unknown>>): void
}

export const silentLogger: Logger = { info() {}, warn() {}, error() {} }
