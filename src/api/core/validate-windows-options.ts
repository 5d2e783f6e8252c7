// What security contexts say for Windows alone.
import { invalidValue } from '../../meta/field-error.ts'
import { checkDns1123Subdomain } from '../../meta/names.ts'
import { type Errors, must, shaped, together, when } from '../validation.ts'
import type { WindowsSecurityContextOptions } from './security-context.ts'

const maxSpecKiB = 64
const maxDomainLength = 256
const maxUserLength = 104

export function validateWindowsOptions(options: WindowsSecurityContextOptions | undefined, field: string): Errors {
  if (!options) return []
  const { gmsaCredentialSpecName, gmsaCredentialSpec, runAsUserName } = options
  const spec = `${field}.gmsaCredentialSpec`
  return together(
    when(gmsaCredentialSpecName, name => shaped(name, `${field}.gmsaCredentialSpecName`, checkDns1123Subdomain)),
    must(gmsaCredentialSpec !== '', () => invalidValue(spec, '', 'gmsaCredentialSpec cannot be an empty string')),
    must(Buffer.byteLength(gmsaCredentialSpec ?? '') <= maxSpecKiB * 1024, () =>
      invalidValue(spec, gmsaCredentialSpec, `gmsaCredentialSpec size must be under ${maxSpecKiB} KiB`),
    ),
    when(runAsUserName, name => shaped(name, `${field}.runAsUserName`, checkUserName)),
  )
}

const netBios = /^[^\\/:*?"<>|.][^\\/:*?"<>|]{0,14}$/
const dnsLabel = '[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?'
const dnsName = new RegExp(`^${dnsLabel}(?:\\.${dnsLabel})*$`)

/** `DOMAIN\\USER`, or the user alone. */
function checkUserName(name: string): string[] {
  if (name === '') return ['runAsUserName cannot be an empty string']
  if (/\p{Cc}/u.test(name)) return ['runAsUserName cannot contain control characters']
  const parts = name.split('\\')
  if (parts.length > 2) return ['runAsUserName cannot contain more than one backslash']
  const user = parts.at(-1) ?? ''
  const domain = parts.length === 2 ? (parts[0] ?? '') : undefined
  const reasons: readonly (readonly [holds: boolean, reason: string])[] = [
    [(domain?.length ?? 0) >= maxDomainLength, `runAsUserName's Domain length must be under ${maxDomainLength} characters`],
    [
      domain !== undefined && !netBios.test(domain) && !dnsName.test(domain),
      "runAsUserName's Domain doesn't match the NetBios nor the DNS format",
    ],
    [user === '', "runAsUserName's User cannot be empty"],
    [user.length > maxUserLength, `runAsUserName's User length must not be longer than ${maxUserLength} characters`],
    [/^[. ]+$/.test(user), "runAsUserName's User cannot contain only periods or spaces"],
    [/["/\\:;|=,+*?<>@[\]]/.test(user), 'runAsUserName\'s User cannot contain the following characters: "/\\:;|=,+*?<>@[]'],
  ]
  return reasons.filter(([holds]) => holds).map(([, reason]) => reason)
}
