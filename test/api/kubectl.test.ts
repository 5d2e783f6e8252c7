// The real kubectl against the API server alone: no nodes, no controllers, so that every answer is the server's own.
import assert from 'node:assert/strict'
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { startTestServer, type TestServer } from '../testkit/api-server.ts'
import { Kubectl, withoutKubectl as skip } from '../testkit/kubectl.ts'

let server: TestServer
let client: Kubectl

const run = (args: readonly string[], input?: string) => client.run(args, { ...(input !== undefined && { input }) })
/** Words are split at spaces. */
const kubectl = (line: string, input = '', env: Record<string, string> = {}) => client.ok(line.split(' '), { input, env })
const failing = (line: string, input = '') => client.failing(line.split(' '), { input })

const podManifest = `apiVersion: v1
kind: Pod
metadata:
  name: web
  labels: {app: web}
spec:
  containers:
  - name: nginx
    image: nginx:1
    ports: [{containerPort: 80}]
`

const deploymentManifest = `apiVersion: apps/v1
kind: Deployment
metadata: {name: hello}
spec:
  replicas: 2
  selector: {matchLabels: {app: hello}}
  template:
    metadata: {labels: {app: hello}}
    spec:
      containers:
      - {name: nginx, image: "nginx:1"}
---
apiVersion: v1
kind: Service
metadata: {name: hello}
spec:
  type: NodePort
  selector: {app: hello}
  ports: [{port: 8080, targetPort: 80, nodePort: 30500}]
`

before(async () => {
  if (skip) return
  server = await startTestServer()
  client = new Kubectl(server)
  await kubectl('create serviceaccount default')
})
after(() => server?.close())

test('what the server is and has', { skip }, async () => {
  assert.match(await kubectl('version'), /Server Version: v1\.36/)
  assert.match(await kubectl('cluster-info'), /Kubernetes control plane.* is running at .*https:\/\/127\.0\.0\.1/)
  const resources = await kubectl('api-resources')
  assert.match(resources, /^pods +po +v1 +true +Pod$/m)
  assert.match(resources, /^deployments +deploy +apps\/v1 +true +Deployment$/m)
  assert.match(await kubectl('api-resources --api-group=apps -o name --verbs=list'), /^deployments\.apps$/m)
  const versions = (await kubectl('api-versions')).trim().split('\n')
  assert.ok(versions.includes('v1') && versions.includes('rbac.authorization.k8s.io/v1'))
  assert.equal(await kubectl('get --raw /readyz'), 'ok')
  assert.match(await kubectl('get --raw /livez?verbose'), /\[\+\]ping ok[\s\S]*livez check passed/)
  assert.equal(JSON.parse(await kubectl('get --raw /api/v1/namespaces/default')).metadata.name, 'default')
})

test('explain', { skip }, async () => {
  assert.match(await kubectl('explain pod'), /KIND: +Pod\nVERSION: +v1/)
  assert.match(await kubectl('explain pod.spec.containers.image'), /FIELD: image <string>/)
  const all = await kubectl('explain deployment --recursive')
  assert.match(all, /maxUnavailable\s+<IntOrString>/)
  assert.match(await kubectl('explain service.spec.type'), /ENUM:\n +ClusterIP\n +ExternalName/)
  assert.match(await kubectl('explain pod.spec.nodeName --output=plaintext-openapiv2'), /nodeName <string>/)
  assert.match(await failing('explain pod.spec.nothing'), /field "nothing" does not exist/)
})

test('get in every form', { skip }, async () => {
  await kubectl('create -f -', podManifest)
  assert.match(await kubectl('get pods'), /^NAME +READY +STATUS +RESTARTS +AGE\nweb +0\/1 +Pending +0 +\d+s\n$/)
  assert.match(await kubectl('get pods -o wide'), /IP +NODE +NOMINATED NODE +READINESS GATES\nweb .*<none> +<none> +<none> +<none>/)
  assert.match(await kubectl('get pods --show-labels'), /app=web/)
  assert.match(await kubectl('get pods -A'), /^NAMESPACE +NAME/)
  assert.equal(JSON.parse(await kubectl('get pod web -o json')).spec.containers[0].image, 'nginx:1')
  assert.match(await kubectl('get pod web -o yaml'), /^kind: Pod$/m)
  assert.equal(await kubectl('get pods -o name'), 'pod/web\n')
  assert.equal(await kubectl('get pod web -o jsonpath={.spec.containers[*].name}'), 'nginx')
  assert.match(await kubectl('get pods -o custom-columns=N:.metadata.name,P:.status.phase'), /^N +P\nweb +Pending\n$/)
  assert.match(await kubectl('get pods -l app=web --field-selector status.phase=Pending'), /^web/m)
  assert.equal(await kubectl('get pods -l app=other --no-headers'), '')
  assert.match(await kubectl('get po/web ns/default'), /pod\/web[\s\S]*namespace\/default/)
  assert.match(await kubectl('get clusterroles --sort-by=.metadata.name'), /^admin/m)
  assert.match(await kubectl('get all'), /service\/kubernetes/)
  assert.match(await failing('get pods nobody'), /Error from server \(NotFound\): pods "nobody" not found/)
  assert.match(await failing('get things'), /the server doesn't have a resource type "things"/)
  const loud = await run(['get', 'pods', '-v=10'])
  assert.match(loud.stderr, /GET https:\/\/.*\/api\/v1\/namespaces\/default\/pods\?limit=500/)
  await kubectl('delete pod web')
})

test('describe', { skip }, async () => {
  await kubectl('apply -f -', podManifest)
  const text = await kubectl('describe pod web')
  for (const line of [
    /^Name: +web$/m,
    /^Status: +Pending$/m,
    /^QoS Class: +BestEffort$/m,
    /^Service Account: +default$/m,
    /Image: +nginx:1/,
  ])
    assert.match(text, line)
  assert.match(await kubectl('describe service kubernetes'), /Endpoints: +192\.0\.2\.1:6443/)
  assert.match(await kubectl('describe clusterrole view'), /PolicyRule:/)
  assert.match(await kubectl('describe ns default'), /Status: +Active/)
  await kubectl('delete pod web')
})

test('create, in its many forms', { skip }, async () => {
  const rows: [string, RegExp][] = [
    ['create namespace space', /namespace\/space created/],
    ['create configmap c --from-literal=a=b', /configmap\/c created/],
    ['create secret generic s --from-literal=user=me', /secret\/s created/],
    ['create deployment d --image=nginx --replicas=2', /deployment\.apps\/d created/],
    ['create service clusterip cip --tcp=80:8080', /service\/cip created/],
    ['create service nodeport np --tcp=80', /service\/np created/],
    ['create serviceaccount robot', /serviceaccount\/robot created/],
    ['create role r --verb=get,list --resource=pods', /role\.rbac\.authorization\.k8s\.io\/r created/],
    ['create rolebinding rb --role=r --serviceaccount=default:robot', /rolebinding\.rbac\.authorization\.k8s\.io\/rb created/],
    ['create clusterrole cr --verb=get --resource=nodes', /clusterrole\.rbac\.authorization\.k8s\.io\/cr created/],
    ['create clusterrolebinding crb --clusterrole=cr --user=jane', /clusterrolebinding\.rbac\.authorization\.k8s\.io\/crb created/],
    ['create priorityclass high --value=1000', /priorityclass\.scheduling\.k8s\.io\/high created/],
    ['run nginx --image=nginx --port=80', /pod\/nginx created/],
    ['expose deployment d --port=80 --type=NodePort', /service\/d exposed/],
    ['create token robot --duration=1h', /^ey/],
  ]
  for (const [line, expected] of rows) assert.match(await kubectl(line), expected, line)
  assert.equal(await kubectl('get secret s -o jsonpath={.data.user}'), Buffer.from('me').toString('base64'))
  assert.match(await failing('create configmap c'), /configmaps "c" already exists/)
  assert.match(await failing('create deployment UPPER --image=x'), /is invalid: metadata\.name: Invalid value: "UPPER"/)
  assert.match(await failing('run lost --image=nginx -n nowhere'), /Error from server \(NotFound\): namespaces "nowhere" not found/)
  assert.match(await kubectl('create deployment dry --image=x --dry-run=server'), /created \(server dry run\)/)
  assert.match(await failing('get deployment dry'), /NotFound/)
  await kubectl('delete pod/nginx service/d service/np service/cip deployment/d configmap/c secret/s')
})

test('a list of objects in one document', { skip }, async () => {
  const item = (name: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } })
  const list = (...items: object[]) => JSON.stringify({ apiVersion: 'v1', kind: 'List', items })
  assert.equal(await kubectl('create -f -', list(item('l1'), item('l2'))), 'configmap/l1 created\nconfigmap/l2 created\n')
  assert.match(await failing('apply -f -', list({ ...item('l3'), bogus: 1 })), /unknown field "bogus"/)
  await kubectl('delete cm l1 l2')
})

test('apply, once and again', { skip }, async () => {
  assert.equal(await kubectl('apply -f -', deploymentManifest), 'deployment.apps/hello created\nservice/hello created\n')
  assert.equal(await kubectl('apply -f -', deploymentManifest), 'deployment.apps/hello unchanged\nservice/hello unchanged\n')
  const changed = deploymentManifest.replace('nginx:1', 'nginx:2')
  const diff = await run(['diff', '-f', '-'], changed)
  assert.equal(diff.code, 1)
  assert.match(diff.stdout, /^-.*image: nginx:1$[\s\S]*^\+.*image: nginx:2$/m)
  assert.equal((await run(['diff', '-f', '-'], deploymentManifest)).code, 0)
  assert.equal(await kubectl('apply -f -', changed), 'deployment.apps/hello configured\nservice/hello unchanged\n')
  assert.match(await kubectl('apply view-last-applied deployment/hello'), /image: nginx:2/)
  assert.match(
    await failing('apply -f -', deploymentManifest.replace('replicas: 2', 'replica: 2')),
    /strict decoding error: unknown field "spec\.replica"/,
  )
  assert.match(
    await failing('apply -f -', deploymentManifest.replace('replicas: 2', 'replicas: two')),
    /json: cannot unmarshal string into Go struct field DeploymentSpec\.spec\.replicas of type int32/,
  )
  assert.match(await failing('apply -f -', deploymentManifest.replaceAll('app: hello', 'app: other')), /field is immutable/)
  assert.match(await failing('apply -f -', 'kind: [\n'), /error (parsing|converting)/)
})

test('changes: edit, patch, label, annotate, replace, set, scale', { skip }, async () => {
  const editor = join(client.dir, 'editor')
  writeFileSync(editor, '#!/bin/sh\nsed -i "s/replicas: .*/replicas: 7/" "$1"\n')
  chmodSync(editor, 0o755)
  const read = (path: string) => kubectl(`get deployment hello -o jsonpath={${path}}`)
  assert.match(await kubectl('edit deployment hello', '', { KUBE_EDITOR: editor }), /edited/)
  assert.equal(await read('.spec.replicas'), '7')
  await kubectl('patch deployment hello -p {"spec":{"replicas":3}}')
  await kubectl('patch deployment hello --type=merge -p {"metadata":{"labels":{"m":"1"}}}')
  await kubectl('patch deployment hello --type=json -p [{"op":"add","path":"/metadata/labels/j","value":"2"}]')
  assert.deepEqual([await read('.spec.replicas'), await read('.metadata.labels')], ['3', '{"j":"2","m":"1"}'])
  assert.match(await kubectl('patch deployment hello -p {"spec":{"replicas":3}}'), /no change/)
  assert.match(await kubectl('label deployment hello j- k=v'), /labeled/)
  assert.match(await failing('label deployment hello k=w'), /already has a value/)
  await kubectl('label deployment hello k=w --overwrite')
  await kubectl('annotate deployment hello note=seen')
  await kubectl('set image deployment/hello nginx=nginx:9')
  await kubectl('set env deployment/hello A=B')
  await kubectl('set resources deployment/hello --limits=cpu=200m')
  assert.equal(await read('.spec.template.spec.containers[0].image'), 'nginx:9')
  await kubectl('scale deployment hello --replicas=4')
  assert.match(await failing('scale deployment hello --replicas=4 --current-replicas=9'), /Expected replicas to be 9, was 4/)
  assert.equal(await read('.spec.replicas'), '4')
  const uid = await read('.metadata.uid')
  const whole = await kubectl('get deployment hello -o json')
  await kubectl('replace -f -', whole)
  assert.equal(await read('.metadata.uid'), uid)
  const stale = JSON.stringify({ ...JSON.parse(whole), metadata: { ...JSON.parse(whole).metadata, resourceVersion: '1' } })
  assert.match(await failing('replace -f -', stale), /Error from server \(Conflict\).*the object has been modified/)
  await kubectl('replace --force -f -', deploymentManifest)
  assert.notEqual(await read('.metadata.uid'), uid)
  assert.match(await kubectl('rollout pause deployment/hello'), /paused/)
  assert.match(await kubectl('rollout restart deployment/hello').catch(String), /paused|can't restart/)
})

test('delete', { skip }, async () => {
  assert.match(await kubectl('delete service hello'), /service "hello" deleted/)
  assert.match(await kubectl('delete deployment hello --cascade=background --wait'), /deployment\.apps "hello" deleted/)
  await kubectl('create deployment held --image=x')
  assert.match(await kubectl('delete deployment held --cascade=orphan --wait=false'), /deleted/)
  assert.equal(await kubectl('get deployment held -o jsonpath={.metadata.finalizers}'), '["orphan"]')
  await kubectl('patch deployment held --type=merge -p {"metadata":{"finalizers":null}}')
  await kubectl('create deployment held --image=x')
  const waiting = kubectl('delete deployment held --cascade=foreground --timeout=20s')
  let marked = ''
  while (marked === '') marked = await kubectl('get deployment held -o jsonpath={.metadata.deletionTimestamp}')
  assert.equal(await kubectl('get deployment held -o jsonpath={.metadata.finalizers}'), '["foregroundDeletion"]')
  await kubectl('patch deployment held --type=merge -p {"metadata":{"finalizers":null}}')
  assert.match(await waiting, /deleted/)
  await kubectl('create cm a1')
  await kubectl('label cm a1 gone=yes')
  assert.match(await kubectl('delete cm -l gone=yes'), /configmap "a1" deleted/)
  assert.match(await kubectl('delete cm nobody --ignore-not-found'), /^$/)
  assert.match(await failing('delete cm nobody'), /NotFound/)
  assert.match(await failing('delete ns kube-system'), /Forbidden.*this namespace may not be deleted/)
  await kubectl('run forced --image=x')
  assert.match(await kubectl('delete pod forced --force --grace-period=0'), /force deleted/)
})

test('watching and waiting', { skip }, async () => {
  await kubectl('run watched --image=x')
  const watching = client.background('get pods --watch --output-watch-events')
  await watching.says(/ADDED/)
  const waiting = kubectl('wait pod/watched --for=jsonpath={.status.phase}=Running --timeout=20s')
  const gone = kubectl('wait pod/watched --for=delete --timeout=20s')
  await kubectl('patch pod watched --subresource=status --type=merge -p {"status":{"phase":"Running"}}')
  assert.match(await waiting, /pod\/watched condition met/)
  await kubectl('delete pod watched')
  await gone
  await watching.says(/EVENT +NAME[\s\S]*ADDED +watched[\s\S]*MODIFIED +watched +0\/1 +Running[\s\S]*DELETED +watched/)
  await watching.stop()
  assert.match(await failing('wait pod/nobody --for=condition=Ready --timeout=1s'), /NotFound/)
})

test('who may', { skip }, async () => {
  assert.equal(await kubectl('auth can-i create pods'), 'yes\n')
  assert.equal((await run('auth can-i delete nodes --as=jane'.split(' '))).stdout, 'no\n')
  assert.equal(await kubectl('auth can-i list pods --as=system:serviceaccount:default:robot'), 'yes\n')
  assert.match(await kubectl('auth can-i --list --as=jane'), /selfsubjectaccessreviews\.authorization\.k8s\.io/)
  assert.match(await kubectl('auth whoami'), /Username +kubernetes-admin/)
  assert.match(
    await failing('get pods --as=jane'),
    /Error from server \(Forbidden\): pods is forbidden: User "jane" cannot list resource "pods" in API group "" in the namespace "default"/,
  )
  assert.match(
    await kubectl(
      'auth reconcile -f -',
      'apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: mended, namespace: default}\nrules: []\n',
    ),
    /reconciled/,
  )
})

test('nodes: cordon, taint, drain', { skip }, async () => {
  await kubectl('create -f -', 'apiVersion: v1\nkind: Node\nmetadata: {name: n1}\n')
  assert.match(await kubectl('get nodes'), /^NAME +STATUS +ROLES +AGE +VERSION\nn1 +Unknown +<none>/)
  assert.match(await kubectl('cordon n1'), /node\/n1 cordoned/)
  assert.match(await kubectl('get nodes'), /SchedulingDisabled/)
  assert.match(await kubectl('uncordon n1'), /node\/n1 uncordoned/)
  assert.match(await kubectl('taint nodes n1 key=value:NoSchedule'), /node\/n1 tainted/)
  assert.match(await kubectl('taint nodes n1 key-'), /node\/n1 untainted/)
  assert.match(await kubectl('drain n1 --ignore-daemonsets'), /node\/n1 drained/)
  assert.match(await kubectl('label node n1 node-role.kubernetes.io/worker='), /labeled/)
  assert.match(await kubectl('get nodes'), /worker/)
  assert.match(await kubectl('describe node n1'), /Unschedulable: +true/)
})

test('events', { skip }, async () => {
  const event = {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: 'e' },
    involvedObject: { kind: 'Pod', name: 'x', namespace: 'default' },
    reason: 'Happened',
    message: 'it did',
    type: 'Warning',
    lastTimestamp: new Date().toISOString().replace(/\.\d+/, ''),
  }
  await kubectl('create -f -', JSON.stringify(event))
  assert.match(await kubectl('get events'), /^LAST SEEN +TYPE +REASON +OBJECT +MESSAGE\n\d+s +Warning +Happened +pod\/x +it did$/m)
  assert.match(await kubectl('events --types=Warning'), /Happened/)
  assert.match(await kubectl('get events.events.k8s.io'), /Happened/)
})
