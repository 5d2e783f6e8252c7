// How `metadata.name` is checked, for kinds whose names are not DNS subdomains. `prefix` tells that a generateName is checked.
import { checkDns1035Label, checkDns1123Label, checkDns1123Subdomain, checkPathSegment, maskTrailingDash } from '../meta/names.ts'

type CheckName = (name: string, prefix: boolean) => readonly string[]

export const checkSubdomainName: CheckName = (name, prefix) => checkDns1123Subdomain(prefix ? maskTrailingDash(name) : name)
export const checkLabelName: CheckName = (name, prefix) => checkDns1123Label(prefix ? maskTrailingDash(name) : name)
export const checkDns1035Name: CheckName = (name, prefix) => checkDns1035Label(prefix ? maskTrailingDash(name) : name)
/** A prefix may be `.` or `..`, as more follows. */
export const checkPathSegmentName: CheckName = (name, prefix) => (prefix && /^\.{1,2}$/.test(name) ? [] : checkPathSegment(name))
