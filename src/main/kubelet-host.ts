// The kubelet's machine: Node's file functions, mount(8), probing connections, facts out of /proc and /sys.
import { createReadStream, createWriteStream } from 'node:fs'
import * as files from 'node:fs/promises'
import * as http from 'node:http'
import * as https from 'node:https'
import { connect } from 'node:net'
import { arch, availableParallelism, release, totalmem } from 'node:os'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import type { Host, HttpOutcome, HttpProbe, MachineInfo } from '../kubelet/host.ts'
import { run } from '../platform/process.ts'

const longestBody = 10 * 1024

export function kubeletHost(): Host {
  return {
    files,
    async mountTmpfs(path, { sizeBytes, mode = '0777' }) {
      const options = [`mode=${mode}`, ...(sizeBytes === undefined ? [] : [`size=${sizeBytes}`])]
      await run('mount', ['-t', 'tmpfs', '-o', options.join(','), 'tmpfs', path])
    },
    async unmount(path) {
      await run('umount', ['-l', path])
    },
    kill(pid) {
      try {
        process.kill(pid, 'SIGKILL')
      } catch (error) {
        if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
      }
    },
    mountPoints,
    http: request,
    tcp,
    machine,
    async memoryAvailableBytes() {
      const match = /^MemAvailable:\s+(\d+) kB/m.exec(await files.readFile('/proc/meminfo', 'utf8'))
      return Number(match?.[1] ?? 0) * 1024
    },
    async gzip(path) {
      const temporary = `${path}.gz.tmp`
      await pipeline(createReadStream(path), createGzip(), createWriteStream(temporary))
      await files.rename(temporary, `${path}.gz`)
      await files.rm(path)
    },
  }
}

async function mountPoints(): Promise<readonly string[]> {
  const text = await files.readFile('/proc/self/mountinfo', 'utf8')
  return text.split('\n').flatMap(line => {
    const path = line.split(' ')[4]
    return path === undefined ? [] : [path.replace(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))]
  })
}

/** Redirects are not followed: where they lead is not the pod's health. */
function request({ scheme, host, port, path, headers, timeoutMs }: HttpProbe): Promise<HttpOutcome> {
  return new Promise(resolve => {
    const url = `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}${path.startsWith('/') ? path : `/${path}`}`
    const options = {
      method: 'GET',
      host,
      port,
      path: path === '' ? '/' : escaped(path),
      headers,
      agent: false,
      timeout: timeoutMs,
      signal: AbortSignal.timeout(timeoutMs),
    }
    const answer = (response: http.IncomingMessage) => {
      const pieces: Buffer[] = []
      let size = 0
      const done = () => {
        const { location } = response.headers
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(pieces).toString(), ...(location !== undefined && { location }) })
      }
      response.on('data', (piece: Buffer) => {
        size += piece.length
        if (size <= longestBody) pieces.push(piece)
        else response.destroy()
      })
      response.on('close', done)
      response.on('error', done)
    }
    const fail = (error: Error) => {
      const why =
        error.name === 'AbortError' || error.name === 'TimeoutError'
          ? 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)'
          : describe(error)
      resolve({ error: `Get ${JSON.stringify(url)}: ${why}` })
    }
    try {
      const call = scheme === 'https' ? https.request({ ...options, rejectUnauthorized: false }, answer) : http.request(options, answer)
      call.on('error', fail).end()
    } catch (error) {
      // Headers that cannot be sent.
      fail(error instanceof Error ? error : new Error(String(error)))
    }
  })
}

/** People write paths as they are read, with spaces and letters of all kinds. */
function escaped(path: string): string {
  return path.toWellFormed().replace(/[^\x21-\x7e]/gu, encodeURIComponent)
}

function tcp(host: string, port: number, timeoutMs: number): Promise<string | undefined> {
  return new Promise(resolve => {
    const socket = connect({ host, port })
    const end = (why: string | undefined) => {
      socket.destroy()
      resolve(why)
    }
    socket.setTimeout(timeoutMs, () => end(`dial tcp ${host}:${port}: i/o timeout`))
    socket.on('connect', () => end(undefined))
    socket.on('error', error => end(describe(error)))
  })
}

const words: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connect: connection refused',
  EHOSTUNREACH: 'connect: no route to host',
  ENETUNREACH: 'connect: network is unreachable',
  ECONNRESET: 'read: connection reset by peer',
}

function describe(error: NodeJS.ErrnoException & { address?: string; port?: number }): string {
  const word = words[error.code ?? '']
  return word === undefined ? error.message : error.address === undefined ? word : `dial tcp ${error.address}:${error.port}: ${word}`
}

async function machine(): Promise<MachineInfo> {
  const read = (path: string) =>
    files.readFile(path, 'utf8').then(
      text => text.trim(),
      () => '',
    )
  const [machineId, systemUuid, bootId, osRelease] = await Promise.all([
    read('/etc/machine-id'),
    read('/sys/class/dmi/id/product_uuid'),
    read('/proc/sys/kernel/random/boot_id'),
    read('/etc/os-release'),
  ])
  const architectures: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386' }
  return {
    cpus: availableParallelism(),
    memoryBytes: totalmem(),
    machineId,
    systemUuid: systemUuid || machineId,
    bootId,
    kernelVersion: release(),
    osImage: /^PRETTY_NAME="?([^"\n]*)"?/m.exec(osRelease)?.[1] ?? 'Linux',
    architecture: architectures[arch()] ?? arch(),
  }
}
