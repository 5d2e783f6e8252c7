import assert from 'node:assert/strict'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { LockedError, updateFile } from '../platform/locked-file.ts'
import { connectionOf, KubeconfigError, kubeconfigPaths, mergeEntry, pathToWrite, removeEntry } from './kubeconfig.ts'
import { addToKubeconfig, readConnection, removeFromKubeconfig } from './kubeconfig-files.ts'

const dir = mkdtempSync(join(tmpdir(), 'kubeconfig-'))
after(() => rmSync(dir, { recursive: true, force: true }))
const at = (name: string) => join(dir, name)
const entry = { name: 'cox-a', server: 'https://127.0.0.1:6443', ca: 'CA', clientCertificate: 'CERT', clientKey: 'KEY' }
const never = () => assert.fail('reads no file')

const mine = `# my clusters
apiVersion: v1
kind: Config
preferences: {}
clusters:
  - name: work # the big one
    cluster:
      server: https://work.example
      extensions: [{name: x, extension: {keep: true}}]
contexts:
- context: {cluster: work, user: me, namespace: dev}
  name: work
users:
- name: me
  user:
    exec:
      command: login
current-context: work
`

test('the paths that count', () => {
  const table: readonly [string | undefined, readonly string[]][] = [
    [undefined, ['/home/me/.kube/config']],
    ['', ['/home/me/.kube/config']],
    ['/a', ['/a']],
    ['/a::/b:/a', ['/a', '/b']],
  ]
  for (const [KUBECONFIG, want] of table) assert.deepEqual(kubeconfigPaths({ KUBECONFIG }, '/home/me'), want)
  assert.equal(
    pathToWrite(['/a', '/b'], p => p === '/b'),
    '/b',
  )
  assert.equal(
    pathToWrite(['/a', '/b'], () => false),
    '/b',
  )
  assert.equal(
    pathToWrite(['/a', '/b'], () => true),
    '/a',
  )
})

test('entries come in beside what is there, and go again without a trace', () => {
  const merged = mergeEntry(mine, entry)
  for (const kept of ['# my clusters', '# the big one', 'preferences: {}', 'keep: true', 'command: login'])
    assert.ok(merged.includes(kept), kept)
  assert.deepEqual(connectionOf([{ dir: '/', text: merged }], undefined, never), {
    context: 'cox-a',
    server: 'https://127.0.0.1:6443',
    namespace: undefined,
    ca: 'CA',
    cert: 'CERT',
    key: 'KEY',
    token: undefined,
    serverName: undefined,
    insecure: false,
  })
  assert.equal(connectionOf([{ dir: '/', text: merged }], 'work', never).namespace, 'dev')
  const removed = removeEntry(merged, 'cox-a')!
  assert.ok(!removed.includes('cox-a'))
  assert.match(removed, /^current-context: ""$/m)
  for (const kept of ['# my clusters', '# the big one', 'keep: true', 'command: login']) assert.ok(removed.includes(kept), kept)
  assert.equal(removeEntry(removed, 'cox-a'), undefined)
})

test('what kubectl wrote comes back byte for byte', () => {
  const text = `apiVersion: v1
clusters:
- cluster:
    server: https://work.example
  name: work
contexts:
- context:
    cluster: work
    user: me
  name: work
current-context: work
kind: Config
users:
- name: me
  user:
    token: abc
`
  const merged = mergeEntry(text, entry).replace('current-context: cox-a', 'current-context: work')
  assert.equal(removeEntry(merged, 'cox-a'), text)
})

test('a second merge replaces, and leaves one entry of each', () => {
  const twice = mergeEntry(mergeEntry(mine, entry), { ...entry, server: 'https://127.0.0.1:7000' })
  assert.equal(twice.match(/name: cox-a/g)?.length, 3)
  assert.equal(connectionOf([{ dir: '/', text: twice }], 'cox-a', never).server, 'https://127.0.0.1:7000')
})

test('another current context stays when a cluster goes', () => {
  const merged = mergeEntry(mine, entry).replace('current-context: cox-a', 'current-context: work')
  assert.match(removeEntry(merged, 'cox-a')!, /^current-context: work$/m)
})

test('files that are empty, null or damaged', () => {
  for (const text of [undefined, '', '\n', '# nothing\n', 'clusters: null\ncontexts: []\n'])
    assert.equal(connectionOf([{ dir: '/', text: mergeEntry(text, entry) }], undefined, never).server, entry.server)
  for (const text of ['a: [', '- list', 'clusters: {}', 'just text']) assert.throws(() => mergeEntry(text, entry), KubeconfigError)
})

test('the last entry of a section leaves an empty list that can be filled again', () => {
  const empty = removeEntry(mergeEntry(undefined, entry), 'cox-a')!
  assert.match(empty, /^clusters: \[\]$/m)
  assert.equal(connectionOf([{ dir: '/', text: mergeEntry(empty, entry) }], undefined, never).context, 'cox-a')
})

test('a context over several files: the first that has a name counts, and paths start at their file', () => {
  const files = [
    { dir: '/one', text: 'current-context: c\nclusters: [{name: k, cluster: {server: "https://one", certificate-authority: ca.pem}}]\n' },
    {
      dir: '/two',
      text: 'current-context: other\nclusters: [{name: k, cluster: {server: "https://two"}}]\ncontexts: [{name: c, context: {cluster: k, user: u}}]\nusers: [{name: u, user: {tokenFile: /abs/token}}]\n',
    },
  ]
  const found = connectionOf(files, undefined, path => `${path}\n`)
  assert.equal(found.server, 'https://one')
  assert.equal(found.ca, '/one/ca.pem\n')
  assert.equal(found.token, '/abs/token')
  assert.throws(() => connectionOf(files, 'none', never), /context "none" does not exist/)
  assert.throws(() => connectionOf([], undefined, never), /current-context is not set/)
})

test('on disk: made for the owner alone, kept in its mode and behind its links, removed everywhere', async () => {
  const made = at('sub/config')
  assert.equal(await addToKubeconfig([made], entry), made)
  assert.equal(statSync(made).mode & 0o777, 0o600)
  assert.equal(readConnection([at('none'), made]).server, entry.server)
  writeFileSync(at('real'), mine)
  chmodSync(at('real'), 0o640)
  symlinkSync('real', at('link'))
  await addToKubeconfig([at('link')], entry)
  assert.equal(statSync(at('real')).mode & 0o777, 0o640)
  assert.ok(readFileSync(at('real'), 'utf8').includes('cox-a'))
  await removeFromKubeconfig([made, at('link'), at('none')], 'cox-a')
  assert.ok(!readFileSync(at('real'), 'utf8').includes('cox-a'))
  assert.ok(!readFileSync(made, 'utf8').includes('cox-a'))
  assert.equal(existsSync(at('none')), false)
  assert.equal(existsSync(`${made}.lock`), false)
})

test('many writers at once lose nothing; a lock that stays is named', async () => {
  const path = at('busy')
  await Promise.all(Array.from({ length: 8 }, (_, i) => addToKubeconfig([path], { ...entry, name: `c${i}` })))
  for (let i = 0; i < 8; i++) assert.equal(readConnection([path], `c${i}`).context, `c${i}`)
  writeFileSync(`${path}.lock`, '')
  await assert.rejects(
    updateFile(path, () => 'x', { patienceMs: 30 }),
    (e: unknown) => e instanceof LockedError && e.message.includes(`${path}.lock`),
  )
  rmSync(`${path}.lock`)
  await assert.rejects(
    addToKubeconfig([at('bad')], entry).then(() =>
      updateFile(at('bad'), () => {
        throw new KubeconfigError('no')
      }),
    ),
    KubeconfigError,
  )
  assert.equal(existsSync(`${at('bad')}.lock`), false)
})
