// Probes and lifecycle hooks.
import { type FieldError, forbiddenValue, invalidValue, requiredValue } from '../../meta/field-error.ts'
import {
  type Errors,
  each,
  must,
  named,
  notNegative,
  portNumber,
  portNumberOrName,
  positive,
  shaped,
  together,
  when,
} from '../validation.ts'
import type { HTTPGetAction, Lifecycle, Probe } from './probe.ts'

interface Handlers {
  readonly exec?: { readonly command?: readonly string[] | undefined } | undefined
  readonly httpGet?: HTTPGetAction | undefined
  readonly tcpSocket?: { readonly port: number | string } | undefined
  readonly grpc?: { readonly port: number } | undefined
  readonly sleep?: { readonly seconds: number } | undefined
}

export function validateLivenessProbe(probe: Probe | undefined, graceSeconds: number, field: string): Errors {
  return when(probe, probe =>
    together(
      validateProbe(probe, graceSeconds, field),
      must(probe.successThreshold === 1, () => invalidValue(`${field}.successThreshold`, probe.successThreshold, 'must be 1')),
    ),
  )
}

export function validateReadinessProbe(probe: Probe | undefined, graceSeconds: number, field: string): Errors {
  return when(probe, probe =>
    together(
      validateProbe(probe, graceSeconds, field),
      must(probe.terminationGracePeriodSeconds === undefined, () =>
        invalidValue(`${field}.terminationGracePeriodSeconds`, probe.terminationGracePeriodSeconds, 'must not be set for readinessProbes'),
      ),
    ),
  )
}

export function validateLifecycle(lifecycle: Lifecycle | undefined, graceSeconds: number, field: string): Errors {
  if (!lifecycle) return []
  const { postStart, preStop } = lifecycle
  return together(
    when(postStart, handler => validateHandler(handler, graceSeconds, `${field}.postStart`)),
    when(preStop, handler => validateHandler(handler, graceSeconds, `${field}.preStop`)),
  )
}

const seconds = ['initialDelaySeconds', 'timeoutSeconds', 'periodSeconds', 'successThreshold', 'failureThreshold'] as const

function validateProbe(probe: Probe, graceSeconds: number, field: string): Errors {
  return together(
    validateHandler(probe, graceSeconds, field),
    seconds.flatMap(name => notNegative(probe[name], `${field}.${name}`)),
    positive(probe.terminationGracePeriodSeconds, `${field}.terminationGracePeriodSeconds`),
  )
}

function validateHandler(handler: Handlers, graceSeconds: number, field: string): Errors {
  const { exec, httpGet, tcpSocket, grpc, sleep } = handler
  const checks: readonly (readonly [name: string, check: (() => readonly FieldError[]) | undefined])[] = [
    ['exec', exec && (() => must((exec.command?.length ?? 0) > 0, () => requiredValue(`${field}.exec.command`)))],
    ['httpGet', httpGet && (() => validateHttpGet(httpGet, `${field}.httpGet`))],
    ['tcpSocket', tcpSocket && (() => portNumberOrName(tcpSocket.port, `${field}.tcpSocket.port`))],
    ['grpc', grpc && (() => portNumber(grpc.port, `${field}.grpc.port`))],
    ['sleep', sleep && (() => validateSleep(sleep.seconds ?? 0, graceSeconds, `${field}.sleep`))],
  ]
  const given = checks.filter(([, check]) => check !== undefined)
  if (given.length === 0) return [requiredValue(field, 'must specify a handler type')]
  return given.flatMap(([name, check], i) =>
    i === 0 && check ? check() : [forbiddenValue(`${field}.${name}`, 'may not specify more than 1 handler type')],
  )
}

function validateHttpGet({ path, port, httpHeaders }: HTTPGetAction, field: string): Errors {
  return together(
    named(path, `${field}.path`),
    portNumberOrName(port, `${field}.port`),
    each(httpHeaders, `${field}.httpHeaders`, header => shaped(header.name ?? '', `${field}.httpHeaders`, checkHeaderName)),
  )
}

function checkHeaderName(name: string): string[] {
  return /^[-A-Za-z0-9]+$/.test(name)
    ? []
    : [
        "a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')",
      ]
}

function validateSleep(value: number, graceSeconds: number, field: string): Errors {
  return must(value >= 0 && value <= graceSeconds, () =>
    invalidValue(field, value, `must be non-negative and less than terminationGracePeriodSeconds (${graceSeconds})`),
  )
}
