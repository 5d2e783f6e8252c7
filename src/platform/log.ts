// Log lines in klog's spirit: level, time, component, message, then `key="value"` fields. Errors print their stack once, here.
import { closeSync, openSync, writeSync } from 'node:fs'
import type { Logger } from '../base/logger.ts'

/** Writes to a file descriptor, or appends to a file that is created with the given mode. */
export function fileLogger(target: number | string, component: string): Logger & { close(): void } {
  const fd = typeof target === 'number' ? target : openSync(target, 'a', 0o640)
  const write = (level: string, message: string, fields: Readonly<Record<string, unknown>> = {}) => {
    const text = Object.entries(fields).map(([key, value]) => ` ${key}=${show(value)}`)
    writeSync(fd, `${level} ${new Date().toISOString()} ${component}: ${message}${text.join('')}\n`)
  }
  return {
    info: (message, fields) => write('I', message, fields),
    warn: (message, fields) => write('W', message, fields),
    error: (message, fields) => write('E', message, fields),
    close: () => {
      if (typeof target === 'string') closeSync(fd)
    },
  }
}

function show(value: unknown): string {
  if (value instanceof Error) return JSON.stringify(value.stack ?? value.message)
  return typeof value === 'string' ? JSON.stringify(value) : (JSON.stringify(value) ?? String(value))
}
