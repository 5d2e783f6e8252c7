// What a cluster's configuration says of its API server, made real: the audit log, encryption at rest with its key management services, and
// limits. The files are read here; what is wrong in them keeps the control plane from starting.
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { storedKinds } from '../api/all.ts'
import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import type { ApiServerSettings } from '../cluster/control-plane-config.ts'
import { RotatingFile } from '../platform/rotating-file.ts'
import { watchText } from '../platform/watched-file.ts'
import { parsePolicy } from '../server/audit/policy.ts'
import { parseEncryptionConfiguration, type ResourceConfig } from '../server/encryption/configuration.ts'
import { Encryption } from '../server/encryption/encryption.ts'
import { KmsV2Provider } from '../server/encryption/kms.ts'
import { connectKms } from '../server/encryption/kms-client.ts'
import type { HealthCheck } from '../server/health.ts'
import type { ApiServerOptions } from '../server/server.ts'
import type { Sealing } from '../store/sealing.ts'

export interface ApiServerExtras {
  readonly options: Pick<ApiServerOptions, 'audit' | 'limits' | 'readyChecks'>
  readonly sealing: Sealing | undefined
  close(): void
}

const megabyte = 1024 * 1024
const dayMs = 24 * 60 * 60 * 1000
/** Upstream's advice, as its own default is a file without end. */
const auditDefaults = { maxSizeMb: 100, maxAgeDays: 30, maxBackups: 10 }

export async function apiServerExtras(
  settings: ApiServerSettings,
  { logsDir, clock, logger }: { readonly logsDir: string; readonly clock: Clock; readonly logger: Logger },
): Promise<ApiServerExtras> {
  const audit = settings.auditPolicyFile === undefined ? undefined : auditLog(settings, settings.auditPolicyFile, logsDir)
  const encryption =
    settings.encryptionConfigFile === undefined ? undefined : await encryptionAtRest(settings.encryptionConfigFile, clock, logger)
  const { priorityAndFairness: fairness, maxRequestsInFlight, maxMutatingRequestsInFlight } = settings
  return {
    options: {
      ...(audit && { audit: audit.options }),
      limits: { fairness, maxRequestsInFlight, maxMutatingRequestsInFlight },
      ...(encryption && { readyChecks: { 'kms-providers': encryption.check } }),
    },
    sealing: encryption?.sealing,
    close() {
      encryption?.close()
      audit?.file.close()
    },
  }
}

function auditLog(settings: ApiServerSettings, policyFile: string, logsDir: string) {
  const { maxSizeMb, maxAgeDays, maxBackups } = { ...auditDefaults, ...settings.auditLog }
  const file = new RotatingFile({
    path: settings.auditLog?.file ?? join(logsDir, 'audit.log'),
    mode: 0o600,
    maxBytes: maxSizeMb * megabyte,
    maxBackups,
    maxAgeMs: maxAgeDays * dayMs,
  })
  return { file, options: { policy: parsePolicy(readFileSync(policyFile, 'utf8')), write: (line: string) => file.append(line) } }
}

async function encryptionAtRest(path: string, clock: Clock, logger: Logger) {
  const services = new Map<string, KmsV2Provider>()
  /** Each service is asked before anything is sealed by it. */
  const startServices = async (configs: readonly ResourceConfig[]) => {
    for (const config of configs.flatMap(c => c.providers)) {
      if (config.type !== 'kms' || services.has(config.name)) continue
      const service = new KmsV2Provider({
        name: config.name,
        client: connectKms(config.socketPath, config.timeoutMs, () => clock.now()),
        clock,
        newUid: randomUUID,
        onError: error => logger.warn('the key management service does not answer as it should', { name: config.name, error }),
      })
      services.set(config.name, service)
      await service.start()
    }
  }
  const groups = storedKinds.map(kind => kind.group).filter(group => group !== '' && !group.includes('.'))
  const first = parseEncryptionConfiguration(readFileSync(path, 'utf8'))
  await startServices(first)
  const sealing = new Encryption(first, groups, ({ name }) => {
    const service = services.get(name)
    if (!service) throw new Error(`the key management service ${name} was not started`)
    return service
  })
  const onError = (error: unknown) => logger.error('the encryption configuration stays as it was', { path, error })
  const reload = async (text: string) => {
    const configs = parseEncryptionConfiguration(text)
    await startServices(configs)
    sealing.configure(configs)
    logger.info('the encryption configuration was taken up', { path })
  }
  const stopWatching = watchText(path, text => void reload(text).catch(onError), onError)
  const check: HealthCheck = () => [...services.values()].map(service => service.problem).find(problem => problem !== undefined)
  return {
    sealing,
    check,
    close() {
      stopWatching()
      for (const service of services.values()) service.close()
    },
  }
}
