// Manifests as well-known projects ship them, by the real kubectl: they apply as they are, from the client and on the server, and what was
// applied once is not changed by applying it again. Files go into rounds, each with a server of its own, so that no two define one object.
import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, describe, type TestContext, test } from 'node:test'
import { parseAllDocuments } from 'yaml'
import { CustomResourceDefinition } from '../../src/api/apiextensions/custom-resource-definition.ts'
import { Namespace } from '../../src/api/core/namespace.ts'
import { ServiceAccount } from '../../src/api/core/service-account.ts'
import { systemClock } from '../../src/platform/clock.ts'
import type { Draft } from '../../src/schema/schema.ts'
import { openMemoryStore } from '../../src/store/memory.ts'
import { prefixEnd } from '../../src/store/store.ts'
import { startTestServer } from '../testkit/api-server.ts'
import { succeed } from '../testkit/command.ts'
import { Kubectl, withoutKubectl } from '../testkit/kubectl.ts'

const folder = resolve(import.meta.dirname, '../../../shared/manifests')
const skip = existsSync(folder) ? withoutKubectl : 'the manifests are not at ../shared'

/** Files that a cluster refuses, and by which words: what is not a manifest or only a piece of one, was never right, or is of kinds that are gone or elsewhere. */
const refused: readonly (readonly [file: RegExp, words: RegExp])[] = [
  // Templates, to be filled in first.
  [/newrelic.*-config-template|vitess\/(?!vtctld).*-template/, /invalid map key|Invalid value: ".*{{/],
  // Not Kubernetes' own, and their definitions are not here.
  [/istio-manifests/, /no matches for kind "VirtualService" in version "networking.istio.io\/v1alpha3"/],
  [/cluster-issuer|frontend\/certificate/, /no matches for kind "\w+" in version "cert-manager.io\/v1"/],
  [/overlays\/\w+\/labels/, /no matches for kind "LabelTransformer" in version "builtin"/],
  // Kinds and versions that are gone.
  [/high-availability\/pdb|cockroachdb-statefulset/, /no matches for kind "PodDisruptionBudget" in version "policy\/v1beta1"/],
  [/persistent-volume-label-initializer-config/, /no matches for kind "InitializerConfiguration"/],
  [/newrelic-infra-daemonset|flexvolume\/deploy\/ds/, /no matches for kind "DaemonSet" in version "extensions\/v1beta1"/],
  [/podsecuritypolicy\/rbac\/policies/, /no matches for kind "PodSecurityPolicy" in version "policy\/v1beta1"/],
  [/scheduler-policy-config/, /no matches for kind "Policy" in version "v1"/],
  [/storageclass-\w+-(hdd|ssd)/, /no matches for kind "StorageClass" in version "storage.k8s.io\/v1beta1"/],
  // No manifests but files of the programs that run there, or pieces that kustomize puts together.
  [/\/cassandra\.yaml|\/alerts\.yaml|alerting\/alertmanager\.yaml/, /apiVersion not set, kind not set/],
  [/newrelic-config\.yaml|openshift-origin\/secret/, /no objects passed to apply/],
  [/prometheus-additional|patch-pdb-version/, /invalid object to validate/],
  [/manifests\/base\/deployment|high-availability\/patch/, /spec.selector: Required value/],
  [/autoscale\/patch/, /unknown field "spec.template.spec.containers\[0\].resources.\$patch"/],
  // Never right.
  [/scrapeclass-example-(definition|podmonitor)/, /resource name may not be empty/],
  [/scrapeclass-example-servicemonitor|sysdig-rc/, /spec.selector: Required value/],
  [/aws-ebs-web|cinder-web/, /ports\[0\].protocol: Unsupported value: "tcp"/],
  [/fibre_channel\/fc/, /cannot unmarshal string into Go struct field .*lun of type int32/],
  [/rbd\/rbd\.yaml|scaleio\/pod\.yaml|storageos-(pod|pv)\.yaml/, /strict decoding error: unknown field/],
]
/** What was last applied does not fit into an annotation: these can only be applied on the server. */
const large = [
  /monitoring.coreos.com_(alertmanager|prometheus(agent)?e?|scrapeconfig|thanosruler)(config)?s/,
  /experimental\/gateway.networking.k8s.io_httproutes/,
]
const tooLarge = /metadata.annotations: Too long: may not be more than 262144 bytes/
/** It refuses the definitions that come with it, which are of no release. */
const isPolicy = ({ name }: Manifest) => name.endsWith('vap_safeupgrades.yaml')

interface Manifest {
  /** Absolute. */
  readonly path: string
  /** Below the manifests. */
  readonly name: string
  readonly objects: readonly Piece[]
}

interface Piece {
  readonly apiVersion?: string
  readonly kind?: string
  readonly metadata?: { readonly name?: string; readonly namespace?: string }
  readonly items?: readonly Piece[]
  readonly spec?: { readonly group?: string }
}

function read(path: string, name: string): Manifest {
  const documents = parseAllDocuments(readFileSync(path, 'utf8'), { version: '1.1', logLevel: 'silent' })
  const pieces = documents.map(document => (document.errors.length === 0 ? (document.toJS() as Piece | null) : null))
  const objects = pieces.flatMap(piece => (piece?.kind === 'List' ? (piece.items ?? []) : piece?.kind ? [piece] : []))
  return { path, name, objects }
}

const identity = ({ apiVersion, kind, metadata }: Piece) =>
  `${apiVersion?.split('/')[0]} ${kind} ${metadata?.namespace ?? 'default'} ${metadata?.name}`
const isDefinition = ({ kind }: Piece) => kind === 'CustomResourceDefinition'
const isNamespace = ({ kind }: Piece) => kind === 'Namespace'
const isRefused = ({ name }: Manifest) => refused.some(([file]) => file.test(name))

/** Files that can be applied beside each other. */
interface Round {
  readonly manifests: Manifest[]
  /** What is there before: definitions of the kinds that the files use. */
  readonly definitions: Set<Manifest>
  /** The objects of all of them. */
  readonly taken: Set<string>
}

/** The gateway project has two sets of definitions, under the same names. */
const isExperimental = ({ name }: Manifest) => name.includes('/experimental/')

function roundsOf(manifests: readonly Manifest[]): readonly Round[] {
  const definitions = manifests.filter(({ objects }) => objects.some(isDefinition))
  const neededBy = (manifest: Manifest) => {
    const groups = new Set(manifest.objects.map(({ apiVersion = '' }) => apiVersion.split('/')[0]))
    return definitions.filter(
      file =>
        file.objects.some(({ spec }) => groups.has(spec?.group)) &&
        (!file.name.startsWith('13-gateway-api') || isExperimental(file) === isExperimental(manifest)),
    )
  }
  const rounds: Round[] = []
  for (const manifest of manifests) {
    const needed = neededBy(manifest)
    const isFree = (round: Round, { objects }: Manifest) => !objects.some(object => round.taken.has(identity(object)))
    const fits = (round: Round) => isFree(round, manifest) && needed.every(file => round.definitions.has(file) || isFree(round, file))
    let round = rounds.find(fits)
    if (!round) {
      round = { manifests: [], definitions: new Set(), taken: new Set() }
      rounds.push(round)
    }
    round.manifests.push(manifest)
    for (const file of needed) round.definitions.add(file)
    for (const object of [manifest, ...needed].flatMap(file => file.objects)) round.taken.add(identity(object))
  }
  return rounds
}

interface Setting {
  readonly kubectl: Kubectl
  /** What is stored, and when it was written last. */
  revisions(): ReadonlyMap<string, number>
}

/** A server with what the files of a round count on: their namespaces, and the definitions of their kinds. */
async function begin(t: TestContext, { manifests, definitions }: Round): Promise<Setting> {
  const store = openMemoryStore({ clock: systemClock })
  const server = await startTestServer({ store })
  t.after(() => server.close())
  const kubectl = new Kubectl(server)
  const objects = manifests.flatMap(manifest => manifest.objects)
  const own = new Set(objects.filter(isNamespace).map(({ metadata }) => metadata?.name))
  const named = new Set(objects.flatMap(({ metadata }) => metadata?.namespace ?? []))
  const client = server.client()
  for (const name of named) if (!own.has(name) && !/^(default|kube-.*)$/.test(name)) await client.create(Namespace, { metadata: { name } })
  for (const namespace of new Set(['default', 'kube-system', ...named]))
    if (!own.has(namespace)) await client.create(ServiceAccount, { metadata: { name: 'default', namespace } })
  for (const object of [...definitions].flatMap(file => file.objects.filter(isDefinition)))
    await client.create(CustomResourceDefinition, object as Draft<CustomResourceDefinition>)
  if (definitions.size > 0) await kubectl.ok('wait --for=condition=Established --timeout=20s crd --all')
  return {
    kubectl,
    revisions: () => new Map(store.range({ start: '', end: prefixEnd('') }).entries.map(entry => [entry.key, entry.modRevision])),
  }
}

/** Namespaces first, as who applies a folder of them would. */
function ordered(manifests: readonly Manifest[]): string[] {
  const hasNamespace = ({ objects }: Manifest) => Number(objects.some(isNamespace))
  return [...manifests].sort((a, b) => hasNamespace(b) - hasNamespace(a)).flatMap(({ path }) => ['-f', path])
}

/** Applies, and says of which objects kubectl said something else than expected, or complained. */
async function applying(kubectl: Kubectl, args: readonly string[], expected: RegExp): Promise<string[]> {
  const { stdout, stderr } = await kubectl.run(['apply', ...args])
  const complaints = stderr.split('\n').filter(line => !line.startsWith('Warning: '))
  return [...stdout.split('\n').filter(line => !expected.test(line)), ...complaints].filter(line => line !== '')
}

async function changesNothing({ revisions }: Setting, what: () => Promise<string[]>): Promise<void> {
  const before = revisions()
  assert.deepEqual(await what(), [])
  const after = revisions()
  assert.deepEqual(
    [...after].filter(([key, revision]) => before.get(key) !== revision).map(([key]) => key),
    [],
  )
}

async function differsNothing(kubectl: Kubectl, args: readonly string[]): Promise<void> {
  const { code, stdout, stderr } = await kubectl.run(['diff', ...args])
  const complaints = stderr.split('\n').filter(line => line !== '' && !line.startsWith('Warning: '))
  assert.deepEqual([stdout, complaints, code], ['', [], 0])
}

const serverSide = '--server-side'
const applied = / serverside-applied$/

async function onTheServer(setting: Setting, args: readonly string[]): Promise<void> {
  const { kubectl } = setting
  assert.deepEqual(await applying(kubectl, [serverSide, ...args], applied), [])
  await changesNothing(setting, () => applying(kubectl, [serverSide, ...args], applied))
  await differsNothing(kubectl, [serverSide, ...args])
}

function everyManifest(): readonly Manifest[] {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()
  return names
    .filter(name => /\.(ya?ml|json)$/.test(name) && !name.endsWith('kustomization.yaml'))
    .map(name => read(join(folder, name), name))
}

/** What kustomize makes of those of its files that are whole: it is applied as `kubectl apply -k` would. */
async function kustomized(dir: string): Promise<readonly Manifest[]> {
  const whole = [
    '02-podinfo/kustomize',
    '02-podinfo/deploy/bases/backend',
    '09-kube-state-metrics/examples/standard',
    '09-kube-state-metrics/examples/autosharding',
  ]
  const overlays = ['test', 'release', 'release-ha-1.21+'].map(name => `10-metrics-server/manifests/overlays/${name}`)
  const making = [...whole, ...overlays].map(async name => {
    const path = join(dir, `${name.replaceAll('/', '-')}.yaml`)
    writeFileSync(path, await succeed('kubectl', ['kustomize', join(folder, name)]))
    return read(path, name)
  })
  return Promise.all(making)
}

const dir = mkdtempSync(join(tmpdir(), 'coxswain-manifests-'))
const files = skip ? [] : everyManifest()
const manifests = skip ? [] : [...files.filter(file => !isRefused(file)), ...(await kustomized(dir))]

describe('manifests of well-known projects', { skip }, () => {
  after(() => rmSync(dir, { recursive: true }))

  const rounds = [manifests.filter(manifest => !isPolicy(manifest)), manifests.filter(isPolicy)].flatMap(roundsOf)
  for (const [index, round] of rounds.entries()) {
    const title = `round ${index + 1}, ${round.manifests.length} files`
    test(`${title}: from the client, then on the server`, async t => {
      const setting = await begin(t, round)
      const { kubectl } = setting
      const args = ordered(round.manifests.filter(({ name }) => !large.some(pattern => pattern.test(name))))
      assert.deepEqual(await applying(kubectl, args, / created$/), [])
      // kubectl says `configured` where what is stored differs from the file's text by defaults in lists and the forms of quantities.
      await changesNothing(setting, () => applying(kubectl, args, / (unchanged|configured)$/))
      await differsNothing(kubectl, args)
      assert.deepEqual(await applying(kubectl, [serverSide, ...args], applied), [])
      await changesNothing(setting, () => applying(kubectl, [serverSide, ...args], applied))
    })
    test(`${title}: on the server`, async t => {
      await onTheServer(await begin(t, round), ordered(round.manifests))
    })
  }

  test('what is refused is so for the reason given', async t => {
    const definitions = new Set(files.filter(({ name }) => name.includes('prometheus-operator-crd/monitoring')))
    const { kubectl } = await begin(t, { manifests: files.filter(isRefused), definitions, taken: new Set() })
    const rows = [...refused, ...large.map(pattern => [pattern, tooLarge] as const)]
    const trying = rows.flatMap(([pattern, words]) => {
      const found = files.filter(({ name }) => pattern.test(name))
      assert.notEqual(found.length, 0, `no file is like ${pattern}`)
      return found.map(async ({ path, name }) => {
        const { code, stdout, stderr } = await kubectl.run(['apply', '-f', path])
        return code !== 0 && words.test(stderr) ? [] : [`${name}: ${stdout}${stderr}`]
      })
    })
    assert.deepEqual((await Promise.all(trying)).flat(), [])
  })
})
