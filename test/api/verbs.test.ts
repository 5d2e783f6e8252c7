// Every verb of the real kubectl on every resource that the server has. What kubectl can ask for many objects at once it asks for all of them.
import assert from 'node:assert/strict'
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { Namespace } from '../../src/api/core/namespace.ts'
import { ServiceAccount } from '../../src/api/core/service-account.ts'
import type { Json } from '../testkit/api-requests.ts'
import { startTestServer, type TestServer } from '../testkit/api-server.ts'
import { Kubectl, withoutKubectl } from '../testkit/kubectl.ts'
import { type Smallest, smallestObjects } from '../testkit/smallest-objects.ts'

const namespace = 'verbs'
const smallest = smallestObjects

/** What is only posted, with the least that each takes. */
const access = { resourceAttributes: { verb: 'get', resource: 'pods' } }
const posted: ReadonlyMap<string, Smallest> = new Map(
  Object.entries<Smallest>({
    bindings: { apiVersion: 'v1', kind: 'Binding', rest: { target: { kind: 'Node', name: 'small' } } },
    'selfsubjectreviews.authentication.k8s.io': { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview', isClusterWide: true },
    'tokenreviews.authentication.k8s.io': {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenReview',
      isClusterWide: true,
      rest: { spec: { token: 'x' } },
    },
    'localsubjectaccessreviews.authorization.k8s.io': {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'LocalSubjectAccessReview',
      rest: { spec: { resourceAttributes: { ...access.resourceAttributes, namespace }, user: 'jane' } },
    },
    'selfsubjectaccessreviews.authorization.k8s.io': {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectAccessReview',
      isClusterWide: true,
      rest: { spec: access },
    },
    'subjectaccessreviews.authorization.k8s.io': {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SubjectAccessReview',
      isClusterWide: true,
      rest: { spec: { ...access, user: 'jane' } },
    },
    'selfsubjectrulesreviews.authorization.k8s.io': {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectRulesReview',
      isClusterWide: true,
      rest: { spec: { namespace } },
    },
  }),
)

function objectOf({ apiVersion, kind, name = 'small', isClusterWide, rest }: Smallest): Json {
  // Questions after access have no names.
  const isNamed = !apiVersion.startsWith('authorization.k8s.io')
  return { apiVersion, kind, metadata: { ...(isNamed && { name }), ...(!isClusterWide && { namespace }) }, ...rest }
}

const list = (items: readonly Json[]) => JSON.stringify({ apiVersion: 'v1', kind: 'List', items })
const everything = list([...smallest.values()].map(objectOf))
const lines = (text: string) => text.trim().split('\n').sort()
const resources = [...smallest.keys()]

describe('every verb on every resource', { skip: withoutKubectl }, () => {
  let server: TestServer
  let kubectl: Kubectl
  let all = ''
  const ofAll = (line: string, ...more: string[]) => kubectl.ok([...line.split(' '), '-f', all, ...more])
  /** Each object is named in a line of its own, which ends as said. */
  const saysOfAll = (text: string, end: string) => {
    const odd = lines(text).filter(line => !line.endsWith(end))
    assert.deepEqual([odd, lines(text).length], [[], smallest.size])
  }
  const eachResource = (act: (resource: string, object: Smallest) => Promise<unknown>) =>
    Promise.all([...smallest].map(([resource, object]) => act(resource, object)))
  const itemsOf = (text: string) => (JSON.parse(text) as { readonly items: readonly Json[] }).items

  before(async () => {
    if (withoutKubectl) return
    server = await startTestServer()
    kubectl = new Kubectl(server)
    await server.client().create(Namespace, { metadata: { name: namespace } })
    await server.client().create(ServiceAccount, { metadata: { name: 'default', namespace } })
    all = join(kubectl.dir, 'all.json')
    writeFileSync(all, everything)
  })
  after(() => server?.close())

  test('there is an object here for every resource', async () => {
    const names = async (verbs: string) => lines(await kubectl.ok(`api-resources -o name --cached=false --verbs=${verbs}`))
    assert.deepEqual(await names('create,delete,get,list,patch,update,watch'), [...resources].sort())
    assert.deepEqual(await names('create'), [...resources, ...posted.keys()].sort())
    assert.deepEqual(await names('get,list'), [...resources, 'componentstatuses', 'nodes.metrics.k8s.io', 'pods.metrics.k8s.io'].sort())
  })

  test('create', async () => saysOfAll(await ofAll('create'), ' created'))

  test('create what is only answered', async () => {
    for (const [resource, object] of posted) {
      const answer = JSON.parse(await kubectl.ok('create -f - -o json', { input: JSON.stringify(objectOf(object)) })) as Json
      assert.ok(answer['status'] !== undefined, resource)
    }
    assert.equal(await kubectl.ok(`get pod small -n ${namespace} -o jsonpath={.spec.nodeName}`), 'small')
  })

  test('get in every form', async () => {
    const items = itemsOf(await ofAll('get -o json'))
    assert.deepEqual(
      items.map(({ kind }) => kind),
      [...smallest.values()].map(({ kind }) => kind),
    )
    const names = items.map(({ metadata }) => metadata.name)
    assert.equal((await ofAll('get -o yaml')).match(/^ {2}kind: /gm)?.length, smallest.size)
    assert.deepEqual(lines(await ofAll('get -o name')).length, smallest.size)
    assert.equal(await ofAll('get -o jsonpath={.items[*].metadata.name}'), names.join(' '))
    assert.deepEqual((await ofAll('get -o custom-columns=N:.metadata.name --no-headers')).trim().split(/\s+/), names)
    for (const form of ['', ' -o wide', ' --show-labels'])
      assert.equal(lines((await ofAll(`get${form} --no-headers`)).replaceAll(/\n+/g, '\n')).length, smallest.size, form)
    await eachResource(async (resource, object) => {
      const { metadata } = objectOf(object)
      const table = await kubectl.ok(['get', resource, '-o', 'wide', ...(object.isClusterWide ? [] : ['-A'])])
      assert.match(table, new RegExp(`^${object.isClusterWide ? '' : 'NAMESPACE +'}(NAME|LAST SEEN) .*\\n[^]*${metadata.name}`), resource)
    })
    assert.match(await kubectl.ok('get componentstatuses'), /etcd-0 +Healthy/)
  })

  test('describe', async () => {
    await eachResource(async (resource, object) => {
      const { metadata } = objectOf(object)
      const { stdout, stderr } = await kubectl.run(['describe', resource, metadata.name, '-n', namespace])
      // kubectl before 1.34 describes these by a version that is no longer served.
      if (/^(volumeattributesclasses|ipaddresses|servicecidrs)/.test(resource) && /could not find the requested resource/.test(stderr))
        return
      assert.match(stdout, new RegExp(`^Name: +${metadata.name}$`, 'm'), `${resource}: ${stderr}`)
    })
  })

  test('label and annotate', async () => {
    saysOfAll(await ofAll('label', 'k=v'), ' labeled')
    saysOfAll(await ofAll('label', 'k=w', '--overwrite'), ' labeled')
    saysOfAll(await ofAll('annotate', 'note=seen'), ' annotated')
    const items = itemsOf(await ofAll('get -o json'))
    assert.deepEqual(
      items.filter(({ metadata }) => metadata.labels.k !== 'w' || metadata.annotations.note !== 'seen').map(({ kind }) => kind),
      [],
    )
  })

  test('patch', async () => {
    const patches: Readonly<Record<string, unknown>> = {
      json: [{ op: 'add', path: '/metadata/annotations/json', value: 'yes' }],
      merge: { metadata: { annotations: { merge: 'yes' } } },
      strategic: { metadata: { annotations: { strategic: 'yes' } } },
    }
    for (const [type, patch] of Object.entries(patches)) {
      saysOfAll(await ofAll(`patch --type=${type}`, '-p', JSON.stringify(patch)), ' patched')
      const items = itemsOf(await ofAll('get -o json'))
      assert.deepEqual(
        items.filter(({ metadata }) => metadata.annotations[type] !== 'yes').map(({ kind }) => kind),
        [],
        type,
      )
    }
  })

  test('apply', async () => {
    saysOfAll(await ofAll('apply'), ' configured')
    const versions = async () => itemsOf(await ofAll('get -o json')).map(({ kind, metadata }) => `${kind} ${metadata.resourceVersion}`)
    const applied = await versions()
    assert.equal(lines(await ofAll('apply')).length, smallest.size)
    assert.deepEqual(await versions(), applied)
    saysOfAll(await ofAll('apply --server-side'), ' serverside-applied')
    const again = await versions()
    saysOfAll(await ofAll('apply --server-side'), ' serverside-applied')
    assert.deepEqual(await versions(), again)
    assert.equal(await ofAll('diff'), '')
  })

  test('replace', async () => {
    const input = list(
      itemsOf(await ofAll('get -o json')).map(item => ({ ...item, metadata: { ...item['metadata'], labels: { replaced: 'yes' } } })),
    )
    saysOfAll(await kubectl.ok('replace -f -', { input }), ' replaced')
    assert.equal(
      lines(await kubectl.ok(['get', '-f', all, '-o', 'custom-columns=R:.metadata.labels.replaced', '--no-headers'])).filter(l =>
        /yes/.test(l),
      ).length,
      smallest.size,
    )
  })

  test('edit', async () => {
    const editor = join(kubectl.dir, 'editor')
    writeFileSync(editor, '#!/bin/sh\nsed -i "s/replaced: .*/replaced: edited/" "$1"\n')
    chmodSync(editor, 0o755)
    saysOfAll(await kubectl.ok(['edit', '-f', all, '-n', namespace], { env: { KUBE_EDITOR: editor } }), ' edited')
  })

  test('watch', async () => {
    await eachResource(async (resource, object) => {
      const { metadata } = objectOf(object)
      const watching = kubectl.background(['get', resource, '-n', namespace, '--watch-only', '-o', 'name'])
      try {
        const seen = watching.says(new RegExp(`/${metadata.name}\\n`))
        // The watch begins when it begins: changes are made until one is seen.
        let isSeen = false
        void seen.then(() => (isSeen = true))
        for (let count = 0; !isSeen; count++) {
          await kubectl.ok(['annotate', resource, metadata.name, '-n', namespace, `count=${count}`, '--overwrite'])
          await delay(20)
        }
        await seen
      } finally {
        await watching.stop()
      }
    })
  })

  test('scale', async () => {
    for (const resource of ['deployments.apps', 'replicasets.apps', 'statefulsets.apps', 'replicationcontrollers']) {
      assert.match(await kubectl.ok(`scale ${resource} small -n ${namespace} --replicas=3`), /small scaled/)
      assert.equal(await kubectl.ok(`get ${resource} small -n ${namespace} -o jsonpath={.spec.replicas}`), '3')
    }
  })

  test('explain', async () => {
    await Promise.all(
      [...smallest, ...posted].map(async ([resource, { apiVersion }]) => {
        const words = ['explain', resource.split('.')[0] ?? '', `--api-version=${apiVersion}`]
        const text = await kubectl.ok(words)
        assert.match(text, /DESCRIPTION:\n +\S/, resource)
        assert.doesNotMatch(text, /<empty>|<no description>/, resource)
        assert.match(await kubectl.ok([...words, '--recursive']), /FIELDS:\n {2}\w+\t</, resource)
      }),
    )
  })

  test('raw, by a proxy, and what one may', async () => {
    const proxy = kubectl.background('proxy --port=0')
    try {
      const [, port] = await proxy.says(/127\.0\.0\.1:(\d+)/)
      const path = `/api/v1/namespaces/${namespace}/pods/small`
      const answer = (await (await fetch(`http://127.0.0.1:${port}${path}`)).json()) as Json
      assert.deepEqual(answer, JSON.parse(await kubectl.ok(`get --raw ${path}`)))
    } finally {
      await proxy.stop()
    }
    assert.match(await kubectl.ok('auth can-i --list'), /^\*\.\* +\[\] +\[\] +\[\*\]$/m)
    const served = lines(await kubectl.ok('api-versions'))
    assert.deepEqual(
      [...smallest.values()].map(({ apiVersion }) => apiVersion).filter(version => !served.includes(version)),
      [],
    )
  })

  test('delete', async () => {
    saysOfAll((await ofAll('delete --wait=false')).replaceAll(/ from .*$/gm, ''), ' deleted')
  })

  test('delete all', async () => {
    // What a kubelet and a controller would let go.
    await kubectl.ok(`delete pod small -n ${namespace} --force --grace-period=0`)
    await kubectl.ok(`patch pvc small -n ${namespace} --type=merge -p {"metadata":{"finalizers":null}}`)
    const isNamespaced = ([, { isClusterWide }]: readonly [string, Smallest]) => !isClusterWide
    const namespaced = [...smallest].filter(isNamespaced)
    await kubectl.ok('create -f -', { input: list(namespaced.map(([, object]) => objectOf(object))) })
    const deleting = namespaced.map(async ([resource, { name = 'small' }]) => {
      const text = await kubectl.ok(['delete', resource, '--all', '-n', namespace, '--wait=false'])
      // Events are the same in both groups, so those of one may be gone with those of the other.
      if (!resource.startsWith('events')) assert.match(text, new RegExp(`"${name}" deleted`), resource)
    })
    await Promise.all(deleting)
  })
})
