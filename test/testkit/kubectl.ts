// The real kubectl against a server of the test's own: with a kubeconfig, a home and caches in that server's folder.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestServer } from './api-server.ts'
import { Background, type CommandResult, execute, type Words, words } from './command.ts'

/** Why tests with kubectl cannot run, if they cannot. */
export const withoutKubectl = spawnSync('kubectl', ['version', '--client']).status === 0 ? false : 'kubectl is not installed'

/** What may go on at once: the machine has other work too. */
const mostAtOnce = 4

export interface KubectlOptions {
  readonly input?: string
  readonly env?: Readonly<Record<string, string>>
}

export class Kubectl {
  readonly dir: string
  readonly #env: NodeJS.ProcessEnv
  readonly #waiting: (() => void)[] = []
  #running = 0

  constructor(server: TestServer) {
    this.dir = server.dir
    this.#env = {
      PATH: process.env['PATH'],
      HOME: join(server.dir, 'home'),
      KUBECONFIG: join(server.dir, 'kubeconfig'),
      TMPDIR: server.dir,
    }
    mkdirSync(join(server.dir, 'home'), { recursive: true })
    writeFileSync(join(server.dir, 'kubeconfig'), kubeconfig(server))
  }

  /** To its end, whatever that is. Waits for its turn when many run. */
  async run(line: Words, { input, env }: KubectlOptions = {}): Promise<CommandResult> {
    if (this.#running === mostAtOnce) await new Promise<void>(resolve => this.#waiting.push(resolve))
    else this.#running += 1
    try {
      return await execute('kubectl', words(line), { ...(input !== undefined && { input }), env: { ...this.#env, ...env } })
    } finally {
      const next = this.#waiting.shift()
      if (next) next()
      else this.#running -= 1
    }
  }

  /** What it printed. Fails when it fails. */
  async ok(line: Words, options?: KubectlOptions): Promise<string> {
    const { code, stdout, stderr } = await this.run(line, options)
    assert.equal(code, 0, `kubectl ${words(line).join(' ')}: ${stdout}${stderr}`)
    return stdout
  }

  /** What it complained of. Fails when it does not fail. */
  async failing(line: Words, options?: KubectlOptions): Promise<string> {
    const { code, stdout, stderr } = await this.run(line, options)
    assert.notEqual(code, 0, `kubectl ${words(line).join(' ')} should fail: ${stdout}`)
    return stderr
  }

  /** Beside the test, which stops it. */
  background(line: Words): Background {
    return new Background('kubectl', words(line), { env: this.#env })
  }
}

export function kubeconfig({ url, pki }: TestServer): string {
  const base64 = (text: string) => Buffer.from(text).toString('base64')
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'test',
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'admin' } }],
    clusters: [{ name: 'test', cluster: { server: url, 'certificate-authority-data': base64(pki.ca.certificate) } }],
    users: [
      { name: 'admin', user: { 'client-certificate-data': base64(pki.admin.certificate), 'client-key-data': base64(pki.admin.key) } },
    ],
  })
}
