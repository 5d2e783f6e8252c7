// How many nodes and pods may use a volume at once: how the modes are checked, and how tables abbreviate them.
import { forbiddenValue, unsupportedValue } from '../../meta/field-error.ts'
import { type Errors, must, together } from '../validation.ts'

const short: Readonly<Record<string, string>> = {
  ReadWriteOnce: 'RWO',
  ReadOnlyMany: 'ROX',
  ReadWriteMany: 'RWX',
  ReadWriteOncePod: 'RWOP',
}

/** `RWO,RWX`, in one order, each once. */
export function formatAccessModes(modes: readonly string[] | undefined): string {
  return Object.keys(short)
    .filter(mode => modes?.includes(mode))
    .map(mode => short[mode])
    .join(',')
}

export function validateAccessModes(modes: readonly string[] | undefined = [], field: string): Errors {
  const known = modes.filter(mode => Object.hasOwn(short, mode))
  return together(
    modes.filter(mode => !Object.hasOwn(short, mode)).map(mode => unsupportedValue(field, mode, Object.keys(short).sort())),
    must(!known.includes('ReadWriteOncePod') || known.every(mode => mode === 'ReadWriteOncePod'), () =>
      forbiddenValue(field, 'may not use ReadWriteOncePod with other access modes'),
    ),
  )
}
