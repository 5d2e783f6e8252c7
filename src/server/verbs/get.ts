// GET of one object: its ready bytes.
import { StatusError } from '../../meta/status-error.ts'
import type { Answer, Call } from '../call.ts'
import type { Context } from '../context.ts'
import { checkMinimumRevision } from '../revisions.ts'

export async function get(context: Context, call: Call): Promise<Answer> {
  const { resource, info } = call
  const version = call.query.get('resourceVersion')
  if (version !== '0') await context.storage.store.linearize()
  checkMinimumRevision(context.storage.store, version)
  const entry = context.storage.entry(resource, info.namespace, info.name)
  if (!entry) throw StatusError.notFound(resource, info.name)
  return { type: 'entry', code: 200, resource, entry }
}
