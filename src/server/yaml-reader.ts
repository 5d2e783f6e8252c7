// Reads large YAML bodies in a worker, one after the other, with bounds on time and memory: three megabytes can be written so that reading
// them takes ten seconds. The worker starts with the first body and ends when there has been none for a while.
import { Worker } from 'node:worker_threads'
import type { Clock } from '../base/clock.ts'
import { StatusError } from '../meta/status-error.ts'
import type { YamlBody } from './yaml.ts'
import type { YamlReply, YamlRequest } from './yaml-worker.ts'

/** Smaller bodies take a few milliseconds at worst, and are read at once. */
export const largeYamlBytes = 16 * 1024

const maxMs = 5_000
const maxMemoryMb = 768
const maxWaiting = 16
const idleMs = 30_000

interface Job {
  readonly text: string
  resolve(body: YamlBody): void
  reject(error: StatusError): void
}

export class YamlReader {
  readonly #clock: Clock
  readonly #url: URL
  readonly #jobs: Job[] = []
  #worker: Worker | undefined
  #busy: Job | undefined
  #cancel: () => void = () => {}

  /** `url`: the worker's module, where a bundle has it elsewhere. */
  constructor(clock: Clock, url = new URL('./yaml-worker.ts', import.meta.url)) {
    this.#clock = clock
    this.#url = url
  }

  /** Fails with BadRequest, or with TooManyRequests where too many wait already. */
  read(text: string): Promise<YamlBody> {
    if (this.#jobs.length >= maxWaiting) return Promise.reject(StatusError.tooManyRequests('too many large YAML bodies are being read', 1))
    return new Promise((resolve, reject) => {
      this.#jobs.push({ text, resolve, reject })
      this.#next()
    })
  }

  async close(): Promise<void> {
    this.#cancel()
    const worker = this.#worker
    this.#end(StatusError.serviceUnavailable('the server is shutting down'))
    for (const { reject } of this.#jobs.splice(0)) reject(StatusError.serviceUnavailable('the server is shutting down'))
    await worker?.terminate()
  }

  #next(): void {
    if (this.#busy) return
    this.#cancel()
    this.#busy = this.#jobs.shift()
    if (!this.#busy) {
      this.#cancel = this.#clock.after(idleMs, () => this.#stop())
      return
    }
    this.#worker ??= this.#start()
    this.#worker.ref()
    const request: YamlRequest = { text: this.#busy.text }
    this.#worker.postMessage(request)
    this.#cancel = this.#clock.after(maxMs, () => this.#fail(tooComplex()))
  }

  #start(): Worker {
    const worker = new Worker(this.#url, {
      name: 'yaml',
      resourceLimits: { maxOldGenerationSizeMb: maxMemoryMb, maxYoungGenerationSizeMb: 64 },
      execArgv: [],
    })
    worker.on('message', (reply: YamlReply) => {
      const job = this.#busy
      this.#busy = undefined
      worker.unref()
      if (reply.ok) job?.resolve({ value: JSON.parse(reply.json), duplicates: reply.duplicates })
      else job?.reject(StatusError.badRequest(reply.message))
      this.#next()
    })
    worker.on('error', (error: unknown) => {
      if (worker !== this.#worker) return
      const isTooLarge = error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY'
      this.#fail(isTooLarge ? tooComplex() : StatusError.internal(error))
    })
    return worker
  }

  /** The body is more than the worker's bounds allow; the next one gets a new worker. */
  #fail(error: StatusError): void {
    this.#end(error)
    this.#next()
  }

  #end(error: StatusError): void {
    const job = this.#busy
    this.#busy = undefined
    this.#stop()
    job?.reject(error)
  }

  #stop(): void {
    const worker = this.#worker
    this.#worker = undefined
    void worker?.terminate()
  }
}

function tooComplex(): StatusError {
  return StatusError.badRequest('error converting YAML to JSON: yaml: document is too complex')
}
