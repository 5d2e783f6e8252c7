// The worker that reads large YAML bodies, so that the server goes on meanwhile.
import { parentPort } from 'node:worker_threads'
import { StatusError } from '../meta/status-error.ts'
import { parseYamlBody } from './yaml.ts'

export interface YamlRequest {
  readonly text: string
}
export type YamlReply =
  /** The value as JSON text: cheaper to hand over than the value. */
  { readonly ok: true; readonly json: string; readonly duplicates: readonly string[] } | { readonly ok: false; readonly message: string }

parentPort?.on('message', ({ text }: YamlRequest) => {
  const reply = read(text)
  parentPort?.postMessage(reply)
})

function read(text: string): YamlReply {
  try {
    const { value, duplicates } = parseYamlBody(text)
    return { ok: true, json: JSON.stringify(value), duplicates }
  } catch (error) {
    return { ok: false, message: StatusError.from(error).message }
  }
}
