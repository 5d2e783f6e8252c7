// The kernel's packet filter and connection tracking, by the commands `nft` and `conntrack`.
import { existsSync } from 'node:fs'
import { CommandError, run } from './process.ts'

/** Carries out a script of nft as one transaction: all of it holds, or nothing does. The error tells nft's first complaint. */
export async function nft(script: string, prefix: readonly string[] = []): Promise<void> {
  const [command = 'nft', ...args] = [...prefix, 'nft', '-f', '-']
  await run(command, args, { input: script }).catch((error: CommandError) => {
    // It complains of every line, and quotes it.
    throw new Error(`nft: ${error.stderr === '' ? error.message : error.stderr.split('\n').slice(0, 2).join(' ').slice(0, 500)}`)
  })
}

/** UDP flows to an address and port, of one endpoint, or those that were never translated. */
export interface FlowFilter {
  readonly address: string | undefined
  readonly port: number
  readonly endpoint: string | undefined
}

/** Undefined where the command is missing. */
export function flowForgetter(): ((flows: readonly FlowFilter[]) => Promise<void>) | undefined {
  if (!['/usr/sbin/conntrack', '/sbin/conntrack', '/usr/bin/conntrack'].some(path => existsSync(path))) return undefined
  return async flows => {
    for (const flow of flows) await forget(flow)
  }
}

/** The command fails with code 1 where no flow matches. */
async function forget({ address, port, endpoint }: FlowFilter): Promise<void> {
  const args = ['-D', '-p', 'udp', '--orig-port-dst', String(port)]
  if (address !== undefined) args.push('--orig-dst', address)
  if (endpoint !== undefined) args.push('--dst-nat', endpoint)
  else if (address !== undefined) args.push('--reply-src', address)
  await run('conntrack', args).catch(error => {
    if (!(error instanceof CommandError && error.exitCode === 1)) throw error
  })
}

/** Whether connections by SCTP are tracked. */
export function tracksSctp(): boolean {
  return existsSync('/proc/sys/net/netfilter/nf_conntrack_sctp_timeout_established')
}
