// A whole cluster for a test file: made and taken away by the real command, driven by the real kubectl, with a home, a run directory and
// a kubeconfig of its own. Its tests share it and keep apart by namespaces. Closing it asserts that nothing of it is left.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { Pod } from '../../src/api/core/pod.ts'
import { ServiceAccount } from '../../src/api/core/service-account.ts'
import type { Kind } from '../../src/api/kind.ts'
import type { HttpClient } from '../../src/client/http.ts'
import { adminClient } from '../../src/cluster/admin-client.ts'
import { readPlan } from '../../src/cluster/clusters.ts'
import type { Roots } from '../../src/cluster/layout.ts'
import type { ClusterPlan } from '../../src/cluster/plan.ts'
import { isInstalled, missingPackages } from '../../src/cluster/system-packages.ts'
import type { KubeObject } from '../../src/meta/object-meta.ts'
import { claim } from '../../src/platform/claim.ts'
import { Background, type CommandOptions, type CommandResult, execute, onTerminal, succeed, type Words, words } from './command.ts'
import { imageArchives } from './images.ts'
import { leftovers } from './leftovers.ts'
import { untilObjects } from './waiting.ts'

const root = resolve(import.meta.dirname, '../..')

/** Why clusters cannot be made here; false where they can. */
export function whyNoClusters(): string | false {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'needs Linux and root, because nodes are made of namespaces'
  const missing = missingPackages()
  if (missing.length > 0) return `needs the packages ${missing.join(' ')}`
  return isInstalled('kubectl') ? false : 'needs kubectl on the path'
}

export interface TestMachine {
  readonly roots: Roots
  /** Everything of this test is below it. */
  readonly dir: string
  readonly env: NodeJS.ProcessEnv
  /** Runs the command with these words. */
  cox(line: Words, options?: CommandOptions): Promise<CommandResult>
  /**
   * Deletes what clusters there are, and the directory. Fails when anything is left. Where COXSWAIN_TEST_LOGS names a directory, the
   * clusters' logs go there first.
   */
  close(): Promise<void>
}

export interface MachineOptions {
  /** The size of a disk of its own; otherwise the temporary directory's. */
  readonly diskMb?: number
}

/** A place where clusters can be made, as if this machine were the test's alone. */
export async function testMachine({ diskMb }: MachineOptions = {}): Promise<TestMachine> {
  await ensureBundle()
  mkdirSync(tmpdir(), { recursive: true })
  // Short: sockets below it have long names, and the kernel takes 107 characters.
  const dir = mkdtempSync(join(tmpdir(), 'e2e-'))
  const roots: Roots = { home: join(dir, 'home'), run: join(dir, 'run') }
  const user = join(dir, 'user')
  mkdirSync(user)
  if (diskMb !== undefined) {
    mkdirSync(roots.home)
    await succeed('mount', ['-t', 'tmpfs', '-o', `size=${diskMb}m`, 'tmpfs', roots.home])
  }
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    HOME: user,
    KUBECONFIG: join(dir, 'kubeconfig'),
    COXSWAIN_HOME: roots.home,
    COXSWAIN_RUN: roots.run,
    COXSWAIN_DEBUG: '',
    PATH: [dirname(process.execPath), process.env['PATH']].join(delimiter),
  }
  // The daemons it starts are no part of this test run.
  delete env['NODE_TEST_CONTEXT']
  delete env['NODE_OPTIONS']
  const cox = (line: Words, options: CommandOptions = {}) =>
    execute(join(root, 'bin', 'cox'), words(line), { timeoutMs: 120_000, ...options, env: { ...env, ...options.env } })
  return {
    roots,
    dir,
    env,
    cox,
    async close() {
      const left: string[] = []
      const names = existsSync(join(roots.home, 'clusters')) ? readdirSync(join(roots.home, 'clusters')) : []
      for (const name of names) {
        const plan = readPlan(roots, name)
        const logs = process.env['COXSWAIN_TEST_LOGS']
        if (logs !== undefined) await cox(['export', 'logs', '--name', name, join(logs, name)])
        const deleted = await cox(['delete', 'cluster', '--name', name])
        if (deleted.code !== 0) left.push(`cox delete cluster: ${deleted.stderr}`)
        if (plan !== undefined) left.push(...(await leftovers(roots, plan)))
      }
      if (diskMb !== undefined) await succeed('umount', ['--lazy', roots.home])
      if (left.length === 0) rmSync(dir, { recursive: true, force: true })
      assert.deepEqual(left, [], 'the test leaves nothing behind')
    },
  }
}

export interface TestCluster extends TestMachine {
  readonly name: string
  readonly plan: ClusterPlan
  /** As the administrator. */
  readonly client: HttpClient
  /** Must succeed; answers stdout. */
  kubectl(line: Words, options?: CommandOptions): Promise<string>
  /** Succeeds or not. */
  tryKubectl(line: Words, options?: CommandOptions): Promise<CommandResult>
  /** On a pseudo terminal, with the input typed in. */
  kubectlTty(line: Words, options?: CommandOptions): Promise<CommandResult>
  /** Goes on beside the test. */
  kubectlBeside(line: Words, options?: CommandOptions): Background
  /** A new namespace, ready for pods. */
  namespace(): Promise<TestNamespace>
}

export interface TestNamespace {
  readonly name: string
  kubectl(line: Words, options?: CommandOptions): Promise<string>
  tryKubectl(line: Words, options?: CommandOptions): Promise<CommandResult>
  kubectlTty(line: Words, options?: CommandOptions): Promise<CommandResult>
  kubectlBeside(line: Words, options?: CommandOptions): Background
  /** Creates or changes what the manifest says; an object stands for its JSON. */
  apply(...manifests: readonly (string | object)[]): Promise<string>
  /** Resolves with the objects of this namespace as soon as they are as wanted. */
  until<O extends KubeObject>(
    kind: Kind<O>,
    what: string,
    condition: (objects: readonly O[]) => boolean,
    timeoutMs?: number,
  ): Promise<readonly O[]>
  /** Resolves with the pod as soon as it is as wanted. */
  untilPod(name: string, what: string, condition: (pod: Pod) => boolean, timeoutMs?: number): Promise<Pod>
  /** Ends its pods at once and does not wait for it. */
  delete(): Promise<void>
}

export interface ClusterOptions extends MachineOptions {
  /** Without one, it is like no other. */
  readonly name?: string
  readonly workers?: number
  /** More lines for the configuration file, such as `networking:`. */
  readonly config?: string
}

export async function startCluster({
  name = randomName(),
  workers = 0,
  config = '',
  ...options
}: ClusterOptions = {}): Promise<TestCluster> {
  const archives = imageArchives()
  const machine = await testMachine(options)
  try {
    const nodes = ['control-plane', ...Array<string>(workers).fill('worker')].map(role => `- role: ${role}\n`)
    const file = join(machine.dir, 'cluster.yml')
    writeFileSync(file, `kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\nnodes:\n${nodes.join('')}${config}`)
    const created = await machine.cox(['create', 'cluster', '--name', name, '--config', file, '--wait', '60s'])
    assert.equal(created.code, 0, `cox create cluster: ${created.stderr}${logEnds(machine.roots, name)}`)
    const { nginx, busybox } = await archives
    const loaded = await machine.cox(['load', 'image', nginx, busybox, '--name', name])
    assert.equal(loaded.code, 0, `cox load image: ${loaded.stderr}`)
  } catch (error) {
    await machine.close().catch(failure => console.error(failure))
    throw error
  }
  const plan = readPlan(machine.roots, name)
  assert(plan, 'a created cluster has a plan')
  const client = adminClient(machine.roots, plan)
  return clusterOf(machine, plan, client)
}

const randomName = () => `coxtest-${randomBytes(3).toString('hex')}`

function clusterOf(machine: TestMachine, plan: ClusterPlan, client: HttpClient): TestCluster {
  const withEnv = (options: CommandOptions = {}) => ({ timeoutMs: 60_000, ...options, env: { ...machine.env, ...options.env } })
  const kubectl = (line: Words, options?: CommandOptions) => succeed('kubectl', words(line), withEnv(options))
  const tryKubectl = (line: Words, options?: CommandOptions) => execute('kubectl', words(line), withEnv(options))
  const kubectlTty = (line: Words, options?: CommandOptions) => onTerminal('kubectl', words(line), withEnv(options))
  const kubectlBeside = (line: Words, options?: CommandOptions) => new Background('kubectl', words(line), withEnv(options))
  return {
    ...machine,
    name: plan.name,
    plan,
    client,
    kubectl,
    tryKubectl,
    kubectlTty,
    kubectlBeside,
    async namespace() {
      const namespace = `t-${randomBytes(3).toString('hex')}`
      await kubectl(['create', 'namespace', namespace])
      const selection = { namespace }
      const inside = (line: Words) => ['--namespace', namespace, ...words(line)]
      const until: TestNamespace['until'] = (kind, what, condition, timeoutMs) =>
        untilObjects(client, kind, selection, what, condition, timeoutMs)
      await until(ServiceAccount, 'the default service account is there', accounts =>
        accounts.some(each => each.metadata.name === 'default'),
      )
      return {
        name: namespace,
        kubectl: (line, options) => kubectl(inside(line), options),
        tryKubectl: (line, options) => tryKubectl(inside(line), options),
        kubectlTty: (line, options) => kubectlTty(inside(line), options),
        kubectlBeside: (line, options) => kubectlBeside(inside(line), options),
        apply: (...manifests) => kubectl(inside('apply -f -'), { input: manifests.map(asDocument).join('') }),
        until,
        async untilPod(name, what, condition, timeoutMs) {
          const named = { ...selection, fieldSelector: `metadata.name=${name}` }
          const [pod] = await untilObjects(client, Pod, named, what, pods => pods[0] !== undefined && condition(pods[0]), timeoutMs)
          assert(pod)
          return pod
        },
        async delete() {
          await kubectl(['delete', 'pods', '--all', '--grace-period=1', '--wait=false', '--namespace', namespace])
          await kubectl(['delete', 'namespace', namespace, '--wait=false'])
        },
      }
    },
    async close() {
      client.close()
      await machine.close()
    },
  }
}

/** Begun by its separator, JSON is read as the YAML it is too: then it can be one of several documents. */
const asDocument = (manifest: string | object) => `---\n${typeof manifest === 'string' ? manifest : JSON.stringify(manifest)}\n`

/** What explains a cluster that did not come up. */
function logEnds(roots: Roots, name: string): string {
  const dir = join(roots.home, 'clusters', name, 'logs')
  if (!existsSync(dir)) return ''
  return readdirSync(dir)
    .filter(file => /control-plane\.log|-agent\.log/.test(file))
    .map(file => `\n${file}:\n${readFileSync(join(dir, file), 'utf8').split('\n').slice(-8).join('\n')}`)
    .join('')
}

/** Several test files may find the bundle out of date at once: one builds it, the others wait. */
async function ensureBundle(): Promise<void> {
  const bundle = join(root, 'dist', 'cox.mjs')
  const isStale = () => !existsSync(bundle) || newest(join(root, 'src')) > statSync(bundle).mtimeMs
  while (isStale()) {
    const turn = await claim(`build ${root}`, 'building')
    if (!turn.ok) {
      await delay(100)
      continue
    }
    try {
      if (isStale()) await succeed(process.execPath, [join(root, 'scripts', 'build.ts')], { cwd: root })
    } finally {
      turn.release()
    }
  }
}

function newest(dir: string): number {
  const files = readdirSync(dir, { recursive: true, encoding: 'utf8' }).filter(file => file.endsWith('.ts') && !file.endsWith('.test.ts'))
  return Math.max(...files.map(file => statSync(join(dir, file)).mtimeMs))
}
