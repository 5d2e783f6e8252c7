import assert from 'node:assert/strict'
import { test } from 'node:test'
import { requestInfo } from './request-info.ts'

type Row = readonly [
  method: string,
  url: string,
  verb: string,
  group: string,
  version: string,
  namespace: string,
  resource: string,
  subresource: string,
  name: string,
]

const resources: readonly Row[] = [
  ['GET', '/api/v1/namespaces', 'list', '', 'v1', '', 'namespaces', '', ''],
  ['GET', '/api/v1/namespaces/other', 'get', '', 'v1', 'other', 'namespaces', '', 'other'],
  ['PUT', '/api/v1/namespaces/other/finalize', 'update', '', 'v1', 'other', 'namespaces', 'finalize', 'other'],
  ['GET', '/api/v1/namespaces/other/status', 'get', '', 'v1', 'other', 'namespaces', 'status', 'other'],
  ['GET', '/api/v1/namespaces/other/pods', 'list', '', 'v1', 'other', 'pods', '', ''],
  ['GET', '/api/v1/namespaces/other/pods/foo', 'get', '', 'v1', 'other', 'pods', '', 'foo'],
  ['HEAD', '/api/v1/namespaces/other/pods/foo', 'get', '', 'v1', 'other', 'pods', '', 'foo'],
  ['GET', '/api/v1/pods', 'list', '', 'v1', '', 'pods', '', ''],
  ['HEAD', '/api/v1/pods', 'list', '', 'v1', '', 'pods', '', ''],
  ['GET', '/api/v1/namespaces/other/pods/foo/status', 'get', '', 'v1', 'other', 'pods', 'status', 'foo'],
  ['POST', '/api/v1/namespaces/other/pods', 'create', '', 'v1', 'other', 'pods', '', ''],
  ['PUT', '/api/v1/namespaces/other/pods/foo', 'update', '', 'v1', 'other', 'pods', '', 'foo'],
  ['PATCH', '/api/v1/namespaces/other/pods/foo', 'patch', '', 'v1', 'other', 'pods', '', 'foo'],
  ['DELETE', '/api/v1/namespaces/other/pods/foo', 'delete', '', 'v1', 'other', 'pods', '', 'foo'],
  ['DELETE', '/api/v1/namespaces/other/pods', 'deletecollection', '', 'v1', 'other', 'pods', '', ''],
  ['DELETE', '/api/v1/nodes', 'deletecollection', '', 'v1', '', 'nodes', '', ''],
  ['GET', '/api/v1/pods?watch=true', 'watch', '', 'v1', '', 'pods', '', ''],
  ['GET', '/api/v1/pods?watch=1', 'watch', '', 'v1', '', 'pods', '', ''],
  ['GET', '/api/v1/pods?watch', 'watch', '', 'v1', '', 'pods', '', ''],
  ['GET', '/api/v1/pods?watch=false', 'list', '', 'v1', '', 'pods', '', ''],
  ['GET', '/api/v1/namespaces/other/pods/foo?watch=true', 'watch', '', 'v1', 'other', 'pods', '', 'foo'],
  ['GET', '/api/v1/watch/pods', 'watch', '', 'v1', '', 'pods', '', ''],
  ['GET', '/api/v1/watch/namespaces/other/pods', 'watch', '', 'v1', 'other', 'pods', '', ''],
  ['GET', '/api/v1/namespaces/other/pods/foo/log', 'get', '', 'v1', 'other', 'pods', 'log', 'foo'],
  ['POST', '/api/v1/namespaces/other/pods/foo/exec', 'create', '', 'v1', 'other', 'pods', 'exec', 'foo'],
  ['GET', '/api/v1/nodes/n1/proxy/stats/summary', 'get', '', 'v1', '', 'nodes', 'proxy', 'n1'],
  ['GET', '/apis/apps/v1/namespaces/x/deployments/y/scale', 'get', 'apps', 'v1', 'x', 'deployments', 'scale', 'y'],
  ['GET', '/apis/rbac.authorization.k8s.io/v1/clusterroles/a%3Ab', 'get', 'rbac.authorization.k8s.io', 'v1', '', 'clusterroles', '', 'a:b'],
  ['OPTIONS', '/api/v1/pods', 'options', '', 'v1', '', 'pods', '', ''],
  ['__proto__', '/api/v1/pods', '__proto__', '', 'v1', '', 'pods', '', ''],
]

test('what a resource URL asks for', () => {
  for (const [method, url, ...expected] of resources) {
    const [path = '', query] = url.split('?')
    const { verb, group, version, namespace, plural, subresource, name, isResource } = requestInfo(method, path, new URLSearchParams(query))
    assert.deepEqual([verb, group, version, namespace, plural, subresource, name], expected, `${method} ${url}`)
    assert.ok(isResource)
  }
})

test('what follows a proxy', () => {
  assert.equal(requestInfo('GET', '/api/v1/namespaces/x/services/y/proxy/a/b', undefined).rest, '/a/b')
  assert.equal(requestInfo('GET', '/api/v1/namespaces/x/services/y/proxy/', undefined).rest, '/')
  assert.equal(requestInfo('GET', '/api/v1/namespaces/x/services/y/proxy', undefined).rest, '')
})

test('other paths', () => {
  for (const path of [
    '/',
    '',
    '/api',
    '/api/',
    '/api/v1',
    '/api/v1/',
    '/apis',
    '/apis/apps',
    '/apis/apps/v1',
    '/healthz',
    '/version',
    '//api/v1/pods',
    '/v1/pods',
  ]) {
    const info = requestInfo('GET', path, undefined)
    assert.deepEqual([info.isResource, info.verb, info.path], [false, 'get', path])
  }
  assert.equal(requestInfo('POST', '/version', undefined).verb, 'post')
})

test('a name that is no URL encoding stays as it is', () => {
  assert.equal(requestInfo('GET', '/api/v1/nodes/%zz', undefined).name, '%zz')
})
