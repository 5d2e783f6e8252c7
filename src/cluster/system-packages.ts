// The programs that a node needs, and the Debian packages (Ubuntu's have the same names) that bring those which are missing.
import { accessSync, constants, existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from '../platform/process.ts'

interface Need {
  readonly package: string
  /** Names to be found on the path, or absolute paths of which one must exist. */
  readonly tools: readonly (string | readonly string[])[]
}

const cniDirs = ['/usr/lib/cni', '/opt/cni/bin']
const plugin = (name: string) => cniDirs.map(dir => join(dir, name))

const needs: readonly Need[] = [
  { package: 'containerd', tools: ['containerd', 'ctr', 'containerd-shim-runc-v2'] },
  { package: 'runc', tools: ['runc'] },
  { package: 'containernetworking-plugins', tools: [plugin('bridge'), plugin('host-local'), plugin('loopback'), plugin('portmap')] },
  { package: 'nftables', tools: ['nft'] },
  { package: 'iproute2', tools: ['ip'] },
  { package: 'util-linux', tools: ['nsenter', 'unshare', 'mountpoint'] },
  { package: 'mount', tools: ['mount', 'umount'] },
  { package: 'hostname', tools: ['hostname'] },
  { package: 'busybox-static', tools: ['busybox'] },
]

/** The packages that provide what is missing, each once. */
export function missingPackages(isThere: (tool: string) => boolean = isInstalled): string[] {
  return needs
    .filter(need => need.tools.some(tool => !(typeof tool === 'string' ? isThere(tool) : tool.some(isThere))))
    .map(need => need.package)
}

/** What to type as root to get the packages. */
export function installCommand(packages: readonly string[]): string {
  return `apt-get update && apt-get install --yes --no-install-recommends ${packages.join(' ')}`
}

export function isInstalled(tool: string): boolean {
  const candidates = tool.startsWith('/') ? [tool] : searchPath().map(dir => join(dir, tool))
  return candidates.some(file => {
    try {
      accessSync(file, constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

/** As root. Asks nothing and starts no service: each node runs its own containerd, the package's is not wanted. */
export async function installPackages(packages: readonly string[], signal?: AbortSignal): Promise<void> {
  if (packages.length === 0) return
  const allowServices = forbidServices()
  try {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
    const apt = (...args: string[]) => run('apt-get', ['--quiet', '--yes', ...args], { env, ...(signal === undefined ? {} : { signal }) })
    const install = () => apt('install', '--no-install-recommends', ...packages)
    if (!hasPackageLists()) await apt('update')
    // Lists may be older than what the mirror still has.
    await install().catch(async () => {
      await apt('update')
      await install()
    })
  } finally {
    allowServices()
  }
}

function searchPath(): string[] {
  const path = (process.env['PATH'] ?? '').split(':').filter(dir => dir !== '')
  return [...new Set([...path, '/usr/local/sbin', '/usr/sbin', '/sbin'])]
}

function hasPackageLists(dir = '/var/lib/apt/lists'): boolean {
  return existsSync(dir) && readdirSync(dir).some(name => /_Packages(\.\w+)?$/.test(name))
}

/** Package scripts ask `policy-rc.d` before they start a service; 101 means no. An existing policy is left to decide. Answers how to undo it. */
function forbidServices(): () => void {
  const file = '/usr/sbin/policy-rc.d'
  if (existsSync(file)) return () => {}
  writeFileSync(file, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
  return () => rmSync(file, { force: true })
}
