// The API groups of a binding's role and subjects, which are hardly ever written.
import { mapShared, withFields } from '../sharing.ts'
import type { RoleRef, Subject } from './rule.ts'

export const rbacGroup = 'rbac.authorization.k8s.io'

export function completeBinding<B extends { readonly roleRef: RoleRef; readonly subjects?: readonly Subject[] | undefined }>(
  binding: B,
): B {
  const { roleRef, subjects } = binding
  const completedRef = roleRef && (roleRef.apiGroup ? roleRef : { ...roleRef, apiGroup: rbacGroup })
  const completedSubjects = subjects && mapShared(subjects, completeSubject)
  if (completedRef === roleRef && completedSubjects === subjects) return binding
  return { ...binding, roleRef: completedRef, ...(completedSubjects && { subjects: completedSubjects }) }
}

/** Service accounts are of the core group, which is the empty one. */
function completeSubject(subject: Subject): Subject {
  if (subject.apiGroup) return subject
  return subject.kind === 'User' || subject.kind === 'Group' ? withFields(subject, { apiGroup: rbacGroup }) : subject
}
