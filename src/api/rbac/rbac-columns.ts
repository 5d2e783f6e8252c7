// Columns of roles and of bindings, in a namespace or not.
import type { KubeObject } from '../../meta/object-meta.ts'
import { text } from '../columns.ts'
import { ageColumn, type Column, nameColumn } from '../kind.ts'
import type { RoleRef, Subject } from './rule.ts'

export const createdAtColumn: Column<KubeObject> = {
  name: 'Created At',
  type: 'date',
  doc: 'When the object was created.',
  cell: o => o.metadata.creationTimestamp ?? null,
}

type Binding = KubeObject & { readonly roleRef: RoleRef; readonly subjects?: readonly Subject[] | undefined }

function named(kind: string, name: (subject: Subject) => string) {
  return ({ subjects = [] }: Binding) =>
    subjects
      .filter(s => s.kind === kind)
      .map(name)
      .join(', ')
}

export const bindingColumns: readonly Column<Binding>[] = [
  nameColumn,
  text('Role', 'The role that is granted.', o => `${o.roleRef.kind}/${o.roleRef.name}`),
  ageColumn,
  text(
    'Users',
    'Users that it is granted to.',
    named('User', s => s.name),
    1,
  ),
  text(
    'Groups',
    'Groups that it is granted to.',
    named('Group', s => s.name),
    1,
  ),
  text(
    'ServiceAccounts',
    'Service accounts that it is granted to.',
    named('ServiceAccount', s => `${s.namespace ?? ''}/${s.name}`),
    1,
  ),
]
