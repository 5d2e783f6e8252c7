// The shapes of names. Each check gives the reasons against the value in upstream's words, none when it is fine;
// validation puts them into field errors (`Invalid value: "x": <reason>`).

/** Reasons why the value is not acceptable. */
export type NameCheck = (value: string) => string[]

const dns1123Label = '[a-z0-9]([-a-z0-9]*[a-z0-9])?'
const dns1123Subdomain = `${dns1123Label}(\\.${dns1123Label})*`
const dns1035Label = '[a-z]([-a-z0-9]*[a-z0-9])?'
const qualifiedName = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]'
const alphanumericEnds = 'and must start and end with an alphanumeric character'

const checkLabelShape = shaped(
  63,
  `a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', ${alphanumericEnds}`,
  dns1123Label,
  ['my-name', '123-abc'],
)
/** Names in the domain of others. What would do but for its dots is told of them. */
export const checkDns1123Label: NameCheck = value => {
  const isDotted = value.includes('.') && checkDns1123Subdomain(value).length === 0
  return isDotted ? reasons([value.length > 63, tooLong(63)], [true, 'must not contain dots']) : checkLabelShape(value)
}
export const checkDns1123Subdomain: NameCheck = shaped(
  253,
  `a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', ${alphanumericEnds}`,
  dns1123Subdomain,
  ['example.com'],
)
const dns1123LabelWithUnderscore = '_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?'
/** Domains that resolvers search. */
export const checkDns1123SubdomainWithUnderscore: NameCheck = shaped(
  253,
  `a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', ${alphanumericEnds}`,
  `${dns1123LabelWithUnderscore}(\\.${dns1123LabelWithUnderscore})*`,
  ['example.com'],
)
export const checkWildcardDns1123Subdomain: NameCheck = shaped(
  253,
  `a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character`,
  `\\*\\.${dns1123Subdomain}`,
  ['*.example.com'],
)
export const checkDns1035Label: NameCheck = shaped(
  63,
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
  dns1035Label,
  ['my-name', 'abc-123'],
)
export const checkLabelValue: NameCheck = shaped(
  63,
  `a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', ${alphanumericEnds}`,
  `(${qualifiedName})?`,
  ['MyValue', 'my_value', '12345'],
)
export const checkCIdentifier: NameCheck = shaped(
  Number.POSITIVE_INFINITY,
  "a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters or '_'",
  '[A-Za-z_][A-Za-z0-9_]*',
  ['my_name', 'MY_NAME', 'MyName'],
)

const qualifiedNameRule = `must consist of alphanumeric characters, '-', '_' or '.', ${alphanumericEnds}`
const qualifiedNameExamples = ['MyName', 'my.name', '123-abc']
const checkNamePart = shaped(63, qualifiedNameRule, qualifiedName, qualifiedNameExamples)

/** Keys of labels and annotations, names of resources and of finalizers: `name` or `dns.prefix/name`. */
export const checkQualifiedName: NameCheck = value => {
  const parts = value.split('/')
  if (parts.length > 2) {
    const rule = mismatch(qualifiedNameRule, qualifiedName, qualifiedNameExamples)
    return [`a qualified name ${rule} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`]
  }
  const [prefix, name = ''] = parts.length === 2 ? parts : [undefined, value]
  const ofPrefix = prefix === undefined ? [] : prefix === '' ? [nonEmpty] : checkDns1123Subdomain(prefix)
  const ofName = name === '' ? [nonEmpty, ...checkNamePart(name)] : checkNamePart(name)
  return [...ofPrefix.map(reason => `prefix part ${reason}`), ...ofName.map(reason => `name part ${reason}`)]
}

/** IANA_SVC_NAME: names of ports. */
export const checkPortName: NameCheck = value =>
  reasons(
    [value.length > 15, tooLong(15)],
    [!/^[-a-z0-9]+$/.test(value), 'must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)'],
    [!/[a-z]/.test(value), 'must contain at least one letter (a-z)'],
    [value.includes('--'), 'must not contain consecutive hyphens'],
    [value.startsWith('-') || value.endsWith('-'), 'must not begin or end with a hyphen'],
  )

/** Names of environment variables, as relaxed since 1.34. */
export const checkEnvVarName: NameCheck = value =>
  reasons(
    [value === '', `environment variable name ${nonEmpty}`],
    [!/^[ -<>-~]*$/.test(value), "a valid environment variable name must consist only of printable ASCII characters other than '='"],
  )

const checkConfigKeyShape = shaped(253, "a valid config key must consist of alphanumeric characters, '-', '_' or '.'", '[-._a-zA-Z0-9]+', [
  'key.name',
  'KEY_NAME',
  'key-name',
])
/** Keys of ConfigMaps and Secrets, which become file names. */
export const checkConfigKey: NameCheck = value => [
  ...checkConfigKeyShape(value),
  ...reasons(
    [value === '.', "must not be '.'"],
    [value === '..', "must not be '..'"],
    [value.startsWith('..') && value !== '..', "must not start with '..'"],
  ),
]

/** What may stand as one segment of a URL path: names of roles and bindings. */
export const checkPathSegment: NameCheck = value => {
  if (value === '.' || value === '..') return [`may not be '${value}'`]
  return ['/', '%'].filter(char => value.includes(char)).map(char => `may not contain '${char}'`)
}

export const checkPercent: NameCheck = shaped(
  Number.POSITIVE_INFINITY,
  "a valid percent string must be a numeric string followed by an ending '%'",
  '[0-9]+%',
  ['1%', '93%'],
)

export const checkPortNumber = (value: number): string[] => checkRange(value, 1, 65535)
export const checkRange = (value: number, min: number, max: number): string[] =>
  value >= min && value <= max ? [] : [`must be between ${min} and ${max}, inclusive`]

/** `generateName` may end in a dash: it is checked as if a name followed. */
export function maskTrailingDash(prefix: string): string {
  return prefix.length > 1 && prefix.endsWith('-') ? `${prefix.slice(0, -2)}a` : prefix
}

const nonEmpty = 'must be non-empty'
const tooLong = (maxBytes: number): string => `must be no more than ${maxBytes} bytes`

function shaped(maxLength: number, rule: string, pattern: string, examples: readonly string[]): NameCheck {
  const regex = new RegExp(`^(?:${pattern})$`)
  const wrong = mismatch(rule, pattern, examples)
  return value => reasons([value.length > maxLength, tooLong(maxLength)], [!regex.test(value), wrong])
}

/** Upstream's text has two spaces before `or`. */
function mismatch(rule: string, pattern: string, examples: readonly string[]): string {
  return `${rule} (e.g. ${examples.map(example => `'${example}', `).join(' or ')}regex used for validation is '${pattern}')`
}

function reasons(...rows: readonly (readonly [holds: boolean, reason: string])[]): string[] {
  return rows.filter(([holds]) => holds).map(([, reason]) => reason)
}
