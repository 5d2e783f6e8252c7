// Kubeconfig files: which ones count, what a context in them means, and how a cluster's entries get in and out without touching anything
// else that people keep there, comments included.
import { isAbsolute, join } from 'node:path'
import { Document, isMap, isSeq, parseDocument, type YAMLMap, type YAMLSeq } from 'yaml'

/** The entries of one cluster: a cluster, a user and a context, all by one name. */
export interface KubeconfigEntry {
  readonly name: string
  /** URL. */
  readonly server: string
  /** PEM. */
  readonly ca: string
  readonly clientCertificate: string
  readonly clientKey: string
}

/** A file that cannot be read as a kubeconfig. */
export class KubeconfigError extends Error {
  override readonly name = 'KubeconfigError'
}

/** Paths in the order in which they count: those of `$KUBECONFIG`, else `~/.kube/config`. */
export function kubeconfigPaths(env: { readonly KUBECONFIG?: string | undefined }, home: string): readonly string[] {
  const listed = [...new Set((env.KUBECONFIG ?? '').split(':').filter(p => p !== ''))]
  return listed.length > 0 ? listed : [join(home, '.kube', 'config')]
}

/** The file that new entries go into: the first that exists, else the last one named. */
export function pathToWrite(paths: readonly string[], exists: (path: string) => boolean): string {
  return paths.find(exists) ?? paths[paths.length - 1]!
}

/** Adds a cluster's entries, or replaces those of its name, and makes its context the current one. Answers the new text. */
export function mergeEntry(text: string | undefined, entry: KubeconfigEntry): string {
  const { name, server, ca, clientCertificate, clientKey } = entry
  const document = parsed(text)
  document.set('apiVersion', document.get('apiVersion') ?? 'v1')
  document.set('kind', document.get('kind') ?? 'Config')
  put(document, 'clusters', name, { cluster: { 'certificate-authority-data': base64(ca), server } })
  put(document, 'contexts', name, { context: { cluster: name, user: name } })
  put(document, 'users', name, { user: { 'client-certificate-data': base64(clientCertificate), 'client-key-data': base64(clientKey) } })
  document.set('current-context', name)
  return written(document, text)
}

/** Removes a cluster's entries; undefined when there are none. Where its context was the current one, there is none afterwards. */
export function removeEntry(text: string, name: string): string | undefined {
  const document = parsed(text)
  let found = false
  for (const section of ['clusters', 'contexts', 'users']) {
    const items = sectionOf(document, section)
    const at = items ? indexOf(items, name) : -1
    if (!items || at < 0) continue
    items.delete(at)
    found = true
    // An empty block list would be written as nothing at all.
    if (items.items.length === 0) items.flow = true
  }
  if (document.get('current-context') === name) {
    document.set('current-context', '')
    found = true
  }
  return found ? written(document, text) : undefined
}

function put(document: Document, section: string, name: string, value: object): void {
  let items = sectionOf(document, section)
  if (!items) {
    items = document.createNode([])
    document.set(section, items)
  }
  const entry = document.createNode({ ...value, name })
  const at = indexOf(items, name)
  if (at >= 0) items.set(at, entry)
  else items.add(entry)
  items.flow = false
}

function sectionOf(document: Document, section: string): YAMLSeq | undefined {
  const items = document.get(section, true)
  if (isSeq(items)) return items
  const value = document.get(section)
  if (value !== undefined && value !== null) throw new KubeconfigError(`${section} is not a list`)
  return undefined
}
function indexOf(items: YAMLSeq, name: string): number {
  return items.items.findIndex(item => isMap(item) && (item as YAMLMap).get('name') === name)
}

function parsed(text: string | undefined): Document {
  if (text === undefined || text.trim() === '') return new Document({})
  const document = parseDocument(text)
  const [error] = document.errors
  if (error) throw new KubeconfigError(error.message)
  if (document.contents === null) return new Document({})
  if (!isMap(document.contents)) throw new KubeconfigError('a kubeconfig must be a mapping')
  return document as Document
}
/** Lists are indented as they were; kubectl's way, which new files follow, is not at all. */
function written(document: Document, before = ''): string {
  return document.toString({ lineWidth: 0, flowCollectionPadding: false, indentSeq: /^\S+:[^\n]*\n +- /m.test(before) })
}
function base64(pem: string): string {
  return Buffer.from(pem).toString('base64')
}

/** How to reach and address the server of a context. Certificates and keys as PEM. */
export interface KubeconfigConnection {
  readonly context: string
  readonly server: string
  readonly namespace: string | undefined
  readonly ca: string | undefined
  readonly cert: string | undefined
  readonly key: string | undefined
  readonly token: string | undefined
  readonly serverName: string | undefined
  readonly insecure: boolean
}

export interface KubeconfigFile {
  /** Where it lies: relative paths in it start from its folder. */
  readonly dir: string
  readonly text: string
}

interface Located {
  readonly value: Readonly<Record<string, unknown>>
  readonly dir: string
}

/**
 * What a context means over all files, the current one where none is named. As with kubectl, the first file that has an entry of a name
 * counts. `readText` reads the files that entries refer to. Fails with `KubeconfigError`.
 */
export function connectionOf(
  files: readonly KubeconfigFile[],
  context: string | undefined,
  readText: (path: string) => string,
): KubeconfigConnection {
  const documents = files.map(({ dir, text }) => ({ dir, value: record(parsed(text).toJS()) }))
  const name = context ?? documents.map(d => textOf(d.value['current-context'])).find(c => c)
  if (!name) throw new KubeconfigError('current-context is not set')
  const chosen = find(documents, 'contexts', 'context', name)
  const clusterName = textOf(chosen.value['cluster']) ?? ''
  const cluster = find(documents, 'clusters', 'cluster', clusterName)
  const userName = textOf(chosen.value['user'])
  const user: Located = userName ? find(documents, 'users', 'user', userName) : { value: {}, dir: '' }
  const server = textOf(cluster.value['server'])
  if (!server) throw new KubeconfigError(`cluster "${clusterName}" has no server`)
  const pem = (from: Located, field: string) => dataOf(from, field, readText)
  return {
    context: name,
    server,
    namespace: textOf(chosen.value['namespace']),
    ca: pem(cluster, 'certificate-authority'),
    cert: pem(user, 'client-certificate'),
    key: pem(user, 'client-key'),
    token: textOf(user.value['token']) ?? fileOf(user, 'tokenFile', readText)?.trim(),
    serverName: textOf(cluster.value['tls-server-name']),
    insecure: cluster.value['insecure-skip-tls-verify'] === true,
  }
}

function find(documents: readonly Located[], section: string, field: string, name: string): Located {
  for (const { value, dir } of documents) {
    const list = value[section]
    const entry = Array.isArray(list) ? list.map(record).find(e => e['name'] === name) : undefined
    if (entry) return { value: record(entry[field]), dir }
  }
  throw new KubeconfigError(`${field} "${name}" does not exist`)
}

/** `FIELD-data` in base64, else the file that `FIELD` names. */
function dataOf(from: Located, field: string, readText: (path: string) => string): string | undefined {
  const data = textOf(from.value[`${field}-data`])
  return data === undefined ? fileOf(from, field, readText) : Buffer.from(data, 'base64').toString('utf8')
}
function fileOf({ value, dir }: Located, field: string, readText: (path: string) => string): string | undefined {
  const path = textOf(value[field])
  return path === undefined ? undefined : readText(isAbsolute(path) ? path : join(dir, path))
}
function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {}
}
