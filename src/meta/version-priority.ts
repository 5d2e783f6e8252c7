// The order of API versions: v10, v2, v1, v11beta2, v3beta1, v12alpha1, and then all that are named otherwise, by letters.

const stages = ['alpha', 'beta', ''] as const

/** Below zero when `a` comes before `b`, that is when it is the older one of the two. */
export function compareVersions(a: string, b: string): number {
  const [one, two] = [parse(a), parse(b)]
  if (one && two) return one.stage - two.stage || one.major - two.major || one.minor - two.minor
  if (one || two) return one ? 1 : -1
  return a < b ? 1 : a > b ? -1 : 0
}

function parse(version: string): { readonly stage: number; readonly major: number; readonly minor: number } | undefined {
  const [, major, stage = '', minor = '0'] = /^v([1-9]\d*)(?:(alpha|beta)([1-9]\d*))?$/.exec(version) ?? []
  if (major === undefined) return undefined
  return { stage: (stages as readonly string[]).indexOf(stage), major: Number(major), minor: Number(minor) }
}
