// What the server accepts, but has something to say of: `Warning` headers of creates, updates, patches and applies.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Json, Reply } from '../testkit/api-requests.ts'
import { collection, deployment, deployments, overBothProtocols, patchWish, pod, pods } from './setup.ts'

const old = 'node-role.kubernetes.io/master'
const use = 'use \\"node-role.kubernetes.io/control-plane\\" instead'

/** The texts, as they stand in the header. */
function warningsOf({ headers }: Reply): readonly string[] {
  const { warning = [] } = headers
  return [warning].flat().flatMap(text => [...text.matchAll(/299 - "((?:[^"\\]|\\.)*)"/g)].map(([, found = '']) => found))
}

overBothProtocols(api => {
  test('a pod is spoken of when it is made, each time anew, and not when it changes', async () => {
    const want = [`spec.nodeSelector[${old}]: ${use}`]
    for (const name of ['one', 'two', 'three']) {
      const made = await api.admin.send('POST', pods, { body: pod(name, { nodeSelector: { [old]: '' } }) })
      assert.deepEqual([made.code, warningsOf(made)], [201, want])
    }
    const changed = await api.admin.send('PATCH', `${pods}/one`, patchWish('merge', { metadata: { labels: { a: 'b' } } }))
    assert.deepEqual([changed.code, warningsOf(changed)], [200, []])
    const dry = await api.admin.send('POST', `${pods}?dryRun=All`, { body: pod('four', { nodeSelector: { [old]: '' } }) })
    assert.deepEqual(warningsOf(dry), want)
    const refused = await api.admin.send('POST', pods, { body: pod('five', { nodeSelector: { [old]: '' }, containers: [] }) })
    assert.deepEqual([refused.code, warningsOf(refused)], [422, []])
  })

  test('a template is spoken of when it may have changed', async () => {
    const warning = `spec.template.spec.nodeSelector[${old}]: ${use}`
    const body = deployment('web') as Json & { spec: { template: { spec: Json } } }
    const made = await api.admin.send('POST', deployments, { body })
    assert.deepEqual([made.code, warningsOf(made)], [201, []])
    const spec = { ...body.spec, template: { ...body.spec.template, spec: { ...body.spec.template.spec, nodeSelector: { [old]: '' } } } }
    const put = await api.admin.send('PUT', `${deployments}/web`, { body: { ...body, spec } })
    assert.deepEqual([put.code, warningsOf(put)], [200, [warning]])
    const labelled = await api.admin.send('PATCH', `${deployments}/web`, patchWish('merge', { metadata: { labels: { a: 'b' } } }))
    assert.deepEqual([labelled.code, warningsOf(labelled)], [200, []])
    const scaled = await api.admin.send('PATCH', `${deployments}/web`, patchWish('strategic', { spec: { replicas: 2 } }))
    assert.deepEqual(warningsOf(scaled), [warning])
    const applied = await api.admin.send('PATCH', `${deployments}/a.b?fieldManager=x`, {
      body: { ...deployment('a.b'), spec },
      headers: { 'content-type': 'application/apply-patch+yaml' },
    })
    assert.equal(applied.code, 201, applied.text)
    assert.deepEqual(warningsOf(applied), [
      'metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is recommended: [must not contain dots]',
      warning,
    ])
  })

  test('unknown fields come first, and the addresses of a status are told', async () => {
    const services = collection('services')
    const body = { metadata: { name: 'way' }, spec: { type: 'LoadBalancer', ports: [{ port: 80 }], externalName: 'a', nonsense: 1 } }
    const made = await api.admin.send('POST', services, { body })
    assert.deepEqual(warningsOf(made), [
      'unknown field \\"spec.nonsense\\"',
      'spec.externalName is ignored when spec.type is not \\"ExternalName\\"',
    ])
    const status = { loadBalancer: { ingress: [{ ip: 'FD00::1' }] } }
    const told = await api.admin.send('PATCH', `${services}/way/status`, patchWish('merge', { status }))
    assert.deepEqual(warningsOf(told), [
      'status.loadBalancer.ingress[0]: IPv6 address \\"FD00::1\\" should be in RFC 5952 canonical format (\\"fd00::1\\")',
    ])
  })
})
