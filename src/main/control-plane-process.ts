// The control plane's process: `node control-plane.mjs --config FILE`. Ends in order on SIGTERM and SIGINT.
import { existsSync, readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import type { ControlPlaneConfig } from '../cluster/control-plane-config.ts'
import { runControlPlane } from './control-plane.ts'
import { stopSignal } from './stop-signal.ts'

const { values } = parseArgs({ options: { config: { type: 'string' } } })
if (!values.config) throw new Error('usage: control-plane --config FILE')
const config = JSON.parse(readFileSync(values.config, 'utf8')) as ControlPlaneConfig
// Bundled, the store's worker lies beside this file.
const bundledWorker = new URL('./sqlite-worker.mjs', import.meta.url)
await runControlPlane(config, existsSync(bundledWorker) ? bundledWorker : undefined, stopSignal())
process.exit(0)
