// What the kubelet does to its machine, as an interface: files, mounts, probing connections. The real one is main/kubelet-host.ts;
// tests hand in temporary folders and mounts that are only remembered.
import type * as fs from 'node:fs/promises'

/** Node's own file functions, as far as they are used here. */
export type Files = Pick<
  typeof fs,
  | 'access'
  | 'chmod'
  | 'chown'
  | 'lchown'
  | 'lstat'
  | 'mkdir'
  | 'open'
  | 'readdir'
  | 'readFile'
  | 'readlink'
  | 'realpath'
  | 'rename'
  | 'rm'
  | 'rmdir'
  | 'stat'
  | 'statfs'
  | 'symlink'
  | 'unlink'
  | 'writeFile'
>

export interface HttpProbe {
  readonly scheme: 'http' | 'https'
  readonly host: string
  readonly port: number
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly timeoutMs: number
}
/** What came of a request: an answer, or why there was none. */
export type HttpOutcome = { readonly status: number; readonly body: string; readonly location?: string } | { readonly error: string }

export interface MachineInfo {
  readonly cpus: number
  readonly memoryBytes: number
  readonly machineId: string
  readonly systemUuid: string
  readonly bootId: string
  readonly kernelVersion: string
  readonly osImage: string
  readonly architecture: string
}

export interface Host {
  readonly files: Files
  mountTmpfs(path: string, options: { readonly sizeBytes?: number; readonly mode?: string }): Promise<void>
  unmount(path: string): Promise<void>
  /** Ends a process at once; one that is gone already is no failure. */
  kill(pid: number): void
  /** Where something is mounted, deepest last. */
  mountPoints(): Promise<readonly string[]>
  /** Certificates are not checked: a probe asks for life, not for trust. */
  http(request: HttpProbe): Promise<HttpOutcome>
  /** Undefined when the connection was made; else why not. */
  tcp(host: string, port: number, timeoutMs: number): Promise<string | undefined>
  machine(): Promise<MachineInfo>
  memoryAvailableBytes(): Promise<number>
  /** Compresses a file to `<path>.gz` and removes it. */
  gzip(path: string): Promise<void>
}

export function isNoEntry(error: unknown): boolean {
  return errorCode(error) === 'ENOENT'
}
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}
/** Undefined when there is no such file. */
export async function readTextIfThere(files: Files, path: string): Promise<string | undefined> {
  try {
    return await files.readFile(path, 'utf8')
  } catch (error) {
    if (isNoEntry(error)) return undefined
    throw error
  }
}
