// What is mounted where, from /proc/self/mountinfo (proc(5)): teardown and repeated set-up look before they act.
import { readFileSync } from 'node:fs'

export interface MountEntry {
  readonly mountPoint: string
  readonly type: string
  /** The file system's own options, such as the controllers of a cgroup hierarchy. */
  readonly superOptions: readonly string[]
}

export function readMounts(): MountEntry[] {
  return parseMountInfo(readFileSync('/proc/self/mountinfo', 'utf8'))
}

export function parseMountInfo(text: string): MountEntry[] {
  return text.split('\n').flatMap(line => {
    const [left, right] = line.split(' - ')
    const mountPoint = left?.split(' ')[4]
    const [type, , superOptions] = right?.split(' ') ?? []
    if (mountPoint === undefined || type === undefined) return []
    return [{ mountPoint: unescapePath(mountPoint), type, superOptions: superOptions?.split(',') ?? [] }]
  })
}

/** A line for fstab(5), whose fields escape white space in octal. */
export function fstabLine(source: string, target: string, options: readonly string[]): string {
  const quote = (path: string) => path.replace(/[\s\\#]/g, char => `\\${char.charCodeAt(0).toString(8).padStart(3, '0')}`)
  return `${quote(source)} ${quote(target)} none ${options.join(',')} 0 0\n`
}

function unescapePath(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))
}
