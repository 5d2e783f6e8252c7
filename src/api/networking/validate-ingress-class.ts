// The rules of ingress classes.
import { forbiddenValue, invalidValue, requiredValue, tooLong } from '../../meta/field-error.ts'
import { checkDns1123Label, checkDns1123Subdomain } from '../../meta/names.ts'
import { type Errors, immutable, must, shaped, when } from '../validation.ts'
import type { IngressClass, IngressClassParametersReference } from './ingress-class.ts'
import { validateLocalReference } from './validate-ingress.ts'

const maxControllerBytes = 250
const pathCharacters = "[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+"

export function validateIngressClass({ spec }: IngressClass, previous: IngressClass | undefined): Errors {
  const { controller = '', parameters } = spec
  const field = 'spec.controller'
  return [
    ...(previous ? immutable(controller, previous.spec.controller ?? '', field) : []),
    ...must(Buffer.byteLength(controller) <= maxControllerBytes, () => tooLong(field, maxControllerBytes)),
    ...validateDomainPath(controller, field),
    ...when(parameters, reference => validateParameters(reference, 'spec.parameters')),
  ]
}

/** `example.com/some/path`; the parts that are wrong are named alone. */
function validateDomainPath(text: string, field: string): Errors {
  if (text === '') return [requiredValue(field)]
  const slash = text.indexOf('/')
  const [domain, path] = slash < 0 ? ['', ''] : [text.slice(0, slash), text.slice(slash + 1)]
  if (domain === '' || path === '') return [invalidValue(field, text, 'must be a domain-prefixed path (such as "acme.io/foo")')]
  return [
    ...shaped(domain, field, checkDns1123Subdomain),
    ...must(new RegExp(`^${pathCharacters}$`).test(path), () =>
      invalidValue(field, path, `Invalid path (regex used for validation is '${pathCharacters}')`),
    ),
  ]
}

function validateParameters(reference: IngressClassParametersReference, field: string): Errors {
  const { scope, namespace } = reference
  const at = `${field}.namespace`
  return [
    ...validateLocalReference(reference, field),
    ...(scope === 'Namespace'
      ? namespace === undefined
        ? [requiredValue(at, "`parameters.scope` is set to 'Namespace'")]
        : shaped(namespace, at, checkDns1123Label)
      : []),
    ...must(scope !== 'Cluster' || namespace === undefined, () => forbiddenValue(at, "`parameters.scope` is set to 'Cluster'")),
  ]
}
