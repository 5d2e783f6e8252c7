// All functions that Kubernetes' expressions have.
import { arithmetic } from './lib/arithmetic.ts'
import { authorizerFunctions } from './lib/authorizer.ts'
import { conversion } from './lib/conversion.ts'
import { encodingFunctions } from './lib/encoding.ts'
import { formatFunctions } from './lib/format.ts'
import { listFunctions } from './lib/lists.ts'
import { networkFunctions } from './lib/network.ts'
import { quantityFunctions } from './lib/quantity.ts'
import { regexFunctions } from './lib/regex.ts'
import { semverFunctions } from './lib/semver.ts'
import { stringFunctions } from './lib/strings.ts'
import { timeFunctions } from './lib/time.ts'
import { urlFunctions } from './lib/url.ts'
import { type Functions, functionsOf } from './overloads.ts'

export const baseFunctions: Functions = functionsOf(
  arithmetic,
  conversion,
  stringFunctions,
  timeFunctions,
  listFunctions,
  regexFunctions,
  urlFunctions,
  quantityFunctions,
  networkFunctions,
  formatFunctions,
  semverFunctions,
  authorizerFunctions,
  encodingFunctions,
)
