// Which resolv.conf a node uses. A name server on the machine's loopback address, as systemd-resolved has one, cannot be reached from a
// network namespace; systemd-resolved keeps a second file with the real ones for this case.
import { existsSync, readFileSync } from 'node:fs'

const systemdResolvConf = '/run/systemd/resolve/resolv.conf'

/** The file to put in place of /etc/resolv.conf; undefined when that one serves. */
export function resolvConfSource(): string | undefined {
  if (!existsSync('/etc/resolv.conf') || !existsSync(systemdResolvConf)) return undefined
  return isLoopbackOnly(readFileSync('/etc/resolv.conf', 'utf8')) ? systemdResolvConf : undefined
}

export function isLoopbackOnly(text: string): boolean {
  const servers = [...text.matchAll(/^\s*nameserver\s+(\S+)/gm)].map(match => match[1] ?? '')
  return servers.length > 0 && servers.every(server => server.startsWith('127.') || server === '::1')
}
