// Bootstrap tokens shown as bearer tokens, by which nodes join: each is a secret of kube-system. Any other token is told apart by its length.
import { hash, timingSafeEqual } from 'node:crypto'
import {
  bootstrapField,
  bootstrapSecretName,
  bootstrapTimeLeftMs,
  bootstrapTokenNamespace,
  bootstrapTokenOf,
  isBootstrapTokenFor,
  parseBootstrapToken,
} from '../../api/core/bootstrap-token.ts'
import { Secret } from '../../api/core/secret.ts'
import type { Clock } from '../../base/clock.ts'
import type { Objects, TokenOutcome, TokenVerifier } from './service-account-tokens.ts'

const userPrefix = 'system:bootstrap:'
const bootstrappers = 'system:bootstrappers'
const extraGroup = /^system:bootstrappers:[a-z0-9:-]{0,255}[a-z0-9]$/

/** They are good for whatever audience is asked. */
export function bootstrapTokens(objects: Objects, clock: Clock): TokenVerifier {
  return {
    async verify(token, audiences) {
      const shown = parseBootstrapToken(token)
      if (!shown) return { type: 'unknown' }
      const secret = objects.find(Secret, bootstrapTokenNamespace, bootstrapSecretName(shown.id))
      const kept = secret && bootstrapTokenOf(secret)
      if (!secret || !kept || secret.metadata.deletionTimestamp || !isSame(kept.secret, shown.secret))
        return bad(`no bootstrap token ${shown.id} with this secret`)
      if (bootstrapTimeLeftMs(secret, clock.now()) === 0) return bad(`the bootstrap token ${shown.id} has expired`)
      if (!isBootstrapTokenFor(secret, 'authentication')) return bad(`the bootstrap token ${shown.id} is not for authentication`)
      const groups = extraGroups(bootstrapField(secret, 'auth-extra-groups'))
      if (!groups) return bad(`the bootstrap token ${shown.id} names a group that is not below ${bootstrappers}`)
      return { type: 'good', user: { username: userPrefix + shown.id, groups: [bootstrappers, ...groups] }, audiences }
    },
  }
}

/** Undefined where one is not among those that a token may give. */
function extraGroups(text: string): readonly string[] | undefined {
  const names = text === '' ? [] : [...new Set(text.split(','))].sort()
  return names.every(name => extraGroup.test(name)) ? names : undefined
}

function bad(reason: string): TokenOutcome {
  return { type: 'bad', reason }
}

/** In a time that tells nothing of where they differ. */
function isSame(a: string, b: string): boolean {
  return timingSafeEqual(hash('sha256', a, 'buffer'), hash('sha256', b, 'buffer'))
}
