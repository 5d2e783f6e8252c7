// Log lines in klog's spirit: level, time, component, message, then `key="value"` fields. Errors print their stack once, here. Files are
// written without waiting, and set aside when they are large.
import { writeSync } from 'node:fs'
import type { Logger } from '../base/logger.ts'
import { RotatingFile } from './rotating-file.ts'

/** What a component's log may take on disk: the current file and so many old ones. */
const rotation = { maxBytes: 20 * 1024 * 1024, maxBackups: 4 }

/** Writes to a file descriptor, or appends to a file. */
export function fileLogger(target: number | string, component: string): Logger & { close(): void } {
  const file = typeof target === 'string' ? new RotatingFile({ path: target, mode: 0o640, ...rotation }) : undefined
  const put = typeof target === 'string' ? (line: string) => file?.append(line) : (line: string) => writeSync(target, line)
  const write = (level: string, message: string, fields: Readonly<Record<string, unknown>> = {}) => {
    const text = Object.entries(fields).map(([key, value]) => ` ${key}=${show(value)}`)
    put(`${level} ${new Date().toISOString()} ${component}: ${message}${text.join('')}\n`)
  }
  return {
    info: (message, fields) => write('I', message, fields),
    warn: (message, fields) => write('W', message, fields),
    error: (message, fields) => write('E', message, fields),
    close: () => file?.close(),
  }
}

function show(value: unknown): string {
  if (value instanceof Error) return JSON.stringify(value.stack ?? value.message)
  return typeof value === 'string' ? JSON.stringify(value) : (JSON.stringify(value) ?? String(value))
}
