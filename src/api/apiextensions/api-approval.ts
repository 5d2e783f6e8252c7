// Groups of the Kubernetes community are protected: a definition in one of them says by an annotation who approved it, or that nobody did.
export const approvalAnnotation = 'api-approved.kubernetes.io'

export type Approval = 'missing' | 'bypassed' | 'approved' | 'invalid'

export function isProtectedGroup(group: string): boolean {
  return ['k8s.io', 'kubernetes.io'].some(suffix => group === suffix || group.endsWith(`.${suffix}`))
}

export function approvalOf(annotations: Readonly<Record<string, string>> | undefined): {
  readonly approval: Approval
  readonly message: string
} {
  const annotation = annotations?.[approvalAnnotation] ?? ''
  const quoted = JSON.stringify(approvalAnnotation)
  const see = 'see https://github.com/kubernetes/enhancements/pull/1111'
  if (annotation === '') return { approval: 'missing', message: `protected groups must have approval annotation ${quoted}, ${see}` }
  if (annotation.startsWith('unapproved')) return { approval: 'bypassed', message: `not approved: ${JSON.stringify(annotation)}` }
  if (/^[a-z][a-z0-9+.-]*:\/\/[^/\s]/i.test(annotation)) return { approval: 'approved', message: `approved in ${annotation}` }
  const message = `protected groups must have approval annotation ${quoted} with either a URL or a reason starting with "unapproved", ${see}`
  return { approval: 'invalid', message }
}
