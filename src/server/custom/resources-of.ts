// What a definition makes the server serve: a resource for each version that is served, over one place in the store.
import type { CustomResourceDefinition } from '../../api/apiextensions/custom-resource-definition.ts'
import { apiVersionOf, type Kind } from '../../api/kind.ts'
import { isConditionTrue } from '../../meta/conditions.ts'
import { StatusError } from '../../meta/status-error.ts'
import type { Call } from '../call.ts'
import { prefixOf, type Resource } from '../resource.ts'
import type { Converter } from './conversion.ts'
import { customKind } from './custom-kind.ts'
import { VersionView } from './version-view.ts'

export interface Serving {
  /** As it is now, with its present conditions. */
  definition(): CustomResourceDefinition
  readonly converter: Converter
  /** Aborts when these resources are no longer served, or not as they are. */
  readonly signal: AbortSignal
}

export function resourcesOf({ definition, converter, signal }: Serving): readonly Resource[] {
  const { spec } = definition()
  const versions = spec.versions.map(version => ({ version, kind: customKind(definition(), version) }))
  const kinds = new Map<string, Kind>(versions.map(({ kind }) => [apiVersionOf(kind), kind]))
  const stored = versions.find(({ version }) => version.storage)?.kind
  if (!stored) return []
  return versions
    .filter(({ version }) => version.served)
    .map(({ version, kind }) => ({
      group: kind.group,
      resource: kind.plural,
      kind,
      prefix: prefixOf(kind),
      view: new VersionView(kind, apiVersionOf(stored), kinds, converter),
      custom: {
        signal,
        check(call: Call) {
          if (version.deprecated) call.warnings.push(version.deprecationWarning ?? `${apiVersionOf(kind)} ${kind.kind} is deprecated`)
          if (call.info.verb === 'create' && isConditionTrue(definition().status.conditions, 'Terminating')) throw terminating(kind)
        },
      },
    }))
}

function terminating(kind: Kind): StatusError {
  return new StatusError('MethodNotAllowed', 'create not allowed while custom resource definition is terminating', {
    group: kind.group,
    kind: kind.plural,
  })
}
