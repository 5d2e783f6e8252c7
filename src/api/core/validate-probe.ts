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
  supported,
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

export function validateLifecycle(lifecycle: Lifecycle | undefined, graceSeconds: number, os: string | undefined, field: string): Errors {
  if (!lifecycle) return []
  const { postStart, preStop, stopSignal } = lifecycle
  return together(
    when(postStart, handler => validateHandler(handler, graceSeconds, `${field}.postStart`)),
    when(preStop, handler => validateHandler(handler, graceSeconds, `${field}.preStop`)),
    when(stopSignal, signal => validateStopSignal(signal, os, `${field}.stopSignal`)),
  )
}

const linuxSignals = [
  ...['ABRT', 'ALRM', 'BUS', 'CHLD', 'CLD', 'CONT', 'FPE', 'HUP', 'ILL', 'INT', 'IO', 'IOT', 'KILL', 'PIPE', 'POLL', 'PROF', 'PWR', 'QUIT'],
  ...['SEGV', 'STKFLT', 'STOP', 'SYS', 'TERM', 'TRAP', 'TSTP', 'TTIN', 'TTOU', 'URG', 'USR1', 'USR2', 'VTALRM', 'WINCH', 'XCPU', 'XFSZ'],
  ...[
    'RTMIN',
    ...Array.from({ length: 15 }, (_, i) => `RTMIN+${i + 1}`),
    ...Array.from({ length: 14 }, (_, i) => `RTMAX-${i + 1}`),
    'RTMAX',
  ],
].map(name => `SIG${name}`)
const signals: Readonly<Record<string, readonly string[]>> = { linux: linuxSignals, windows: ['SIGKILL', 'SIGTERM'] }

/** Which signals there are, the operating system says. */
function validateStopSignal(signal: string, os: string | undefined, field: string): Errors {
  if (os === undefined) return [forbiddenValue(field, 'may not be set for containers with empty `spec.os.name`')]
  return supported(signal, field, signals[os] ?? [signal])
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
