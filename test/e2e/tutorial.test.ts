// What a beginner types, in the order of the tutorials, with the real kubectl against real containers.
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { ReplicaSet } from '../../src/api/apps/replica-set.ts'
import { Pod } from '../../src/api/core/pod.ts'
import { startCluster, type TestCluster, type TestNamespace, whyNoClusters } from '../testkit/cluster.ts'
import { curl, eventually } from '../testkit/waiting.ts'
import { isLeaving, isReady } from './manifests.ts'

const podManifest = `
apiVersion: v1
kind: Pod
metadata:
  name: hello-pod
  labels: {app: hello-pod}
spec:
  containers:
  - name: hello
    image: nginx:1.22
    ports:
    - containerPort: 80
`

const deployment = (image: string) => `
apiVersion: apps/v1
kind: Deployment
metadata:
  name: hello-world
spec:
  replicas: 3
  selector:
    matchLabels: {app: hello-world}
  strategy:
    rollingUpdate: {maxSurge: 1, maxUnavailable: 1}
  template:
    metadata:
      labels: {app: hello-world}
    spec:
      containers:
      - name: web
        image: ${image}
        ports:
        - containerPort: 80
        readinessProbe:
          httpGet: {path: /, port: 80}
          periodSeconds: 1
`

describe('the tutorial', { skip: whyNoClusters(), timeout: 300_000 }, () => {
  let cluster: TestCluster
  let ns: TestNamespace
  before(async () => {
    cluster = await startCluster({ workers: 2 })
    ns = await cluster.namespace()
  })
  after(() => cluster?.close())

  const podsOf = (app: string, what: string, condition: (pods: readonly Pod[]) => boolean) =>
    ns.until(Pod, what, all => condition(all.filter(each => each.metadata.labels?.['app'] === app && !isLeaving(each))), 40_000)
  const file = (name: string, text: string) => {
    const path = join(cluster.dir, name)
    writeFileSync(path, text)
    return path
  }

  it('get nodes', async () => {
    const lines = (await cluster.kubectl('get nodes')).trim().split('\n')
    assert.match(lines[0] ?? '', /^NAME +STATUS +ROLES +AGE +VERSION$/)
    assert.deepEqual(
      lines.slice(1).map(line => line.split(/ +/).slice(0, 3)),
      [
        [`${cluster.name}-control-plane`, 'Ready', 'control-plane'],
        [`${cluster.name}-worker`, 'Ready', '<none>'],
        [`${cluster.name}-worker2`, 'Ready', '<none>'],
      ],
    )
  })

  it('get nodes -v=10 shows the requests', async () => {
    const { code, stderr } = await cluster.tryKubectl('get nodes -v=10')
    assert.equal(code, 0)
    assert.match(stderr, /curl .*\/api\/v1\/nodes\?limit=500/)
    assert.match(stderr, /"kind":"Table"/)
  })

  it('cluster-info --context', async () => {
    const info = await cluster.kubectl(`cluster-info --context cox-${cluster.name}`)
    assert.match(info, new RegExp(`Kubernetes control plane.* is running at .*https://127\\.0\\.0\\.1:${cluster.plan.apiServerPort}`))
  })

  it('get po -A shows the components, with logs', async () => {
    const lines = (await cluster.kubectl('get po -A')).trim().split('\n').slice(1)
    const running = lines.flatMap(line => {
      const [namespace, name = '', ready, status] = line.split(/ +/)
      return namespace === 'kube-system' && ready === '1/1' && status === 'Running' ? [name] : []
    })
    const node = `${cluster.name}-control-plane`
    const onControlPlane = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'store'].map(each => `${each}-${node}`)
    const proxies = cluster.plan.nodes.map(each => `kube-proxy-${each.name}`)
    assert.deepEqual(running.sort(), [...onControlPlane, ...proxies].sort())
    for (const name of running) {
      const { code, stdout, stderr } = await cluster.tryKubectl(`logs --namespace kube-system ${name}`)
      assert.equal(code, 0, `logs of ${name}: ${stderr}`)
      assert.notEqual(stdout, '', `${name} has logs`)
    }
  })

  it('run nginx', async () => {
    assert.equal(await ns.kubectl('run nginx --image=nginx --port=80'), 'pod/nginx created\n')
    await ns.untilPod('nginx', 'nginx is ready', isReady)
    assert.match(await ns.kubectl('get pods'), /^NAME +READY +STATUS +RESTARTS +AGE\nnginx +1\/1 +Running +0 +\d+s\n$/)
    const wide = await ns.kubectl('get pods -o wide')
    assert.match(wide, /NODE +NOMINATED NODE +READINESS GATES\n/)
    assert.match(wide, new RegExp(` ${cluster.name}-(control-plane|worker2?) `))
  })

  it('logs, logs -f', async () => {
    const { status } = await ns.untilPod('nginx', 'it has an address', each => each.status?.podIP !== undefined)
    const page = await curl(`http://${status?.podIP}/`)
    assert.equal(page.status, 200)
    assert.match(page.body, /nginx/i)
    await eventually('the request is in the log', async () => assert.match(await ns.kubectl('logs nginx'), /"GET \/ HTTP\/1\.1" 200/))
    const following = ns.kubectlBeside('logs -f --tail=0 nginx')
    try {
      await eventually('a later request is followed', async () => {
        await curl(`http://${status?.podIP}/later`)
        await following.says(/"GET \/later HTTP\/1\.1" 404/, 500)
      })
    } finally {
      await following.stop()
    }
  })

  it('describe pod', async () => {
    const text = await eventually('the events are there', async () => {
      const said = await ns.kubectl('describe pod nginx')
      assert.match(said, /Normal +Started .* kubelet +Started container nginx/)
      return said
    })
    assert.match(text, /Normal +Scheduled .* default-scheduler +Successfully assigned \S+\/nginx to \S+/)
    assert.match(text, /Normal +Created .* kubelet +Created container:? nginx/)
    assert.match(text, /Container ID: +containerd:\/\/[0-9a-f]{64}/)
    assert.match(text, /QoS Class: +BestEffort/)
  })

  it('exec: on a terminal, with input, with exit codes', async () => {
    const typed = await ns.kubectlTty('exec -it nginx -- sh', { input: 'echo I am $(hostname)\ntty\nexit 7\n' })
    assert.match(typed.stdout, /^I am nginx$/m)
    assert.match(typed.stdout, /^\/dev\/pts\/\d+$/m)
    assert.equal(typed.code, 7)
    const failed = await ns.tryKubectl(['exec', 'nginx', '--', 'sh', '-c', 'echo out; echo err >&2; exit 3'])
    assert.deepEqual([failed.code, failed.stdout], [3, 'out\n'])
    assert.equal(failed.stderr, 'err\ncommand terminated with exit code 3\n')
    const input = `${'0123456789abcdef'.repeat(64)}\n`.repeat(200)
    assert.equal(await ns.kubectl('exec -i nginx -- cat', { input }), input)
  })

  it('cp', async () => {
    const from = file('hello.txt', 'hello there\n')
    const to = join(cluster.dir, 'back.txt')
    await ns.kubectl(`cp ${from} nginx:/tmp/hello.txt`)
    assert.equal(await ns.kubectl('exec nginx -- cat /tmp/hello.txt'), 'hello there\n')
    await ns.kubectl(`cp nginx:/tmp/hello.txt ${to}`)
    assert.equal(readFileSync(to, 'utf8'), 'hello there\n')
  })

  it('delete pod', async () => {
    assert.match(await ns.kubectl('delete pod nginx'), /^pod "nginx" deleted/)
    const gone = await ns.tryKubectl('get pod nginx')
    assert.deepEqual([gone.code, gone.stderr], [1, 'Error from server (NotFound): pods "nginx" not found\n'])
  })

  it('apply -f pod-manifest.yml, delete -f', async () => {
    const path = file('pod-manifest.yml', podManifest)
    assert.equal(await ns.kubectl(`apply -f ${path}`), 'pod/hello-pod created\n')
    assert.equal(await ns.kubectl(`apply -f ${path}`), 'pod/hello-pod unchanged\n')
    await ns.kubectl('wait --for=condition=Ready pod/hello-pod --timeout=30s')
    assert.match(await ns.kubectl(`delete -f ${path}`), /^pod "hello-pod" deleted/)
  })

  it('apply -f deployment.yml, get all', async () => {
    const path = file('deployment.yml', deployment('nginx:1.22'))
    assert.equal(await ns.kubectl(`apply -f ${path}`), 'deployment.apps/hello-world created\n')
    assert.match(await ns.kubectl('rollout status deployment/hello-world --timeout=40s'), /successfully rolled out/)
    const all = await ns.kubectl('get all')
    assert.equal(all.match(/^pod\/hello-world-\S+ +1\/1 +Running/gm)?.length, 3)
    assert.match(all, /^deployment\.apps\/hello-world +3\/3 +3 +3 /m)
    assert.match(all, /^replicaset\.apps\/hello-world-\S+ +3 +3 +3 /m)
  })

  it('a pod that is deleted is replaced, a ReplicaSet comes back', async () => {
    const [first] = await podsOf('hello-world', 'three are ready', pods => pods.filter(isReady).length === 3)
    await ns.kubectl(`delete pod ${first?.metadata.name} --wait=false`)
    await podsOf(
      'hello-world',
      'it is replaced',
      pods => pods.filter(isReady).length === 3 && !pods.some(each => each.metadata.uid === first?.metadata.uid),
    )
    const [before] = await ns.until(ReplicaSet, 'there is one', sets => sets.length === 1)
    await ns.kubectl(`delete rs ${before?.metadata.name}`)
    await ns.until(
      ReplicaSet,
      'it comes back',
      ([now]) => now !== undefined && now.metadata.uid !== before?.metadata.uid && now.status?.readyReplicas === 3,
    )
  })

  it('get rs --watch, scale', async () => {
    const watching = ns.kubectlBeside('get rs --watch')
    try {
      await watching.says(/^hello-world-\S+ +3 +3 +3 /m)
      assert.equal(await ns.kubectl('scale deployment hello-world --replicas=4'), 'deployment.apps/hello-world scaled\n')
      await watching.says(/^hello-world-\S+ +4 +4 +4 /m, 20_000)
    } finally {
      await watching.stop()
    }
  })

  it('an image changed and applied, rollout history and undo', async () => {
    await ns.kubectl(
      `apply -f ${file('deployment.yml', deployment('nginx:latest').replace('ports:', 'imagePullPolicy: IfNotPresent\n        ports:'))}`,
    )
    await ns.kubectl('rollout status deployment/hello-world --timeout=40s')
    await podsOf(
      'hello-world',
      'all have the new image',
      pods => pods.length === 3 && pods.every(each => each.spec?.containers[0]?.image === 'nginx:latest'),
    )
    assert.match(await ns.kubectl('rollout history deployment/hello-world'), /REVISION +CHANGE-CAUSE\n1 +<none>\n2 +<none>\n/)
    assert.match(await ns.kubectl('rollout history deployment/hello-world --revision=2'), /Image:\s+nginx:latest/)
    assert.equal(await ns.kubectl('rollout undo deployment/hello-world'), 'deployment.apps/hello-world rolled back\n')
    await ns.kubectl('rollout status deployment/hello-world --timeout=40s')
    await podsOf(
      'hello-world',
      'all have the old image',
      pods => pods.length === 3 && pods.every(each => each.spec?.containers[0]?.image === 'nginx:1.22'),
    )
    assert.match(await ns.kubectl('rollout history deployment/hello-world'), /\n2 +<none>\n3 +<none>\n/)
  })

  it('rollout pause and resume', async () => {
    await ns.kubectl('rollout pause deployment/hello-world')
    await ns.kubectl('set env deployment/hello-world GREETING=hi')
    const { stdout } = await ns.tryKubectl('get rs -o name')
    assert.equal(stdout.trim().split('\n').length, 2, 'a paused deployment makes no new ReplicaSet')
    await ns.kubectl('rollout resume deployment/hello-world')
    await ns.kubectl('rollout status deployment/hello-world --timeout=40s')
    const [changed] = await podsOf('hello-world', 'the new pods are there', pods => pods.length === 3 && pods.every(isReady))
    assert.equal(await ns.kubectl(['exec', `${changed?.metadata.name}`, '--', 'sh', '-c', 'echo $GREETING']), 'hi\n')
  })

  it('expose --type=NodePort answers on every node, and by its ClusterIP within', async () => {
    assert.equal(
      await ns.kubectl('expose deployment hello-world --type=NodePort --port=8080 --target-port=80'),
      'service/hello-world exposed\n',
    )
    const [nodePort, clusterIp] = (
      await ns.kubectl('get service hello-world -o jsonpath={.spec.ports[0].nodePort},{.spec.clusterIP}')
    ).split(',')
    for (const node of cluster.plan.nodes)
      await eventually(`${node.name} answers`, async () => assert.equal((await curl(`http://${node.address}:${nodePort}/`)).status, 200))
    const [inside] = await podsOf('hello-world', 'a pod runs', pods => pods.length > 0)
    assert.match(await ns.kubectl(`exec ${inside?.metadata.name} -- wget -q -O - http://${clusterIp}:8080/`), /nginx/i)
    assert.match(await ns.kubectl('describe service hello-world'), /Endpoints: +\d+\.\d+\.\d+\.\d+:80,/)
    assert.match(await ns.kubectl('get endpoints hello-world'), /^hello-world +\S+:80/m)
  })

  it('port-forward service/hello-world 7080:8080', async () => {
    const forwarding = ns.kubectlBeside('port-forward service/hello-world :8080')
    try {
      const [, port] = await forwarding.says(/Forwarding from 127\.0\.0\.1:(\d+) -> 80/)
      const pages = await Promise.all(Array.from({ length: 5 }, () => curl(`http://127.0.0.1:${port}/`)))
      assert.deepEqual(
        pages.map(page => page.status),
        [200, 200, 200, 200, 200],
      )
    } finally {
      await forwarding.stop()
    }
  })

  it('create deployment, create secret', async () => {
    await ns.kubectl('create deployment second --image=nginx:1.22 --replicas=2')
    await ns.kubectl('rollout status deployment/second --timeout=40s')
    await ns.kubectl('create secret generic credentials --from-literal=user=ada --from-literal=password=s3cret')
    assert.match(await ns.kubectl('describe secret credentials'), /password: +6 bytes/)
    assert.equal(await ns.kubectl('get secret credentials -o jsonpath={.data.user}'), 'YWRh')
  })

  it('delete -f, and a namespace with everything in it', async () => {
    assert.match(await ns.kubectl(`delete -f ${join(cluster.dir, 'deployment.yml')}`), /deployment\.apps "hello-world" deleted/)
    await podsOf('hello-world', 'its pods go', pods => pods.length === 0)
    await cluster.kubectl(`delete namespace ${ns.name} --timeout=40s`)
    assert.match((await ns.tryKubectl('get all')).stderr, /No resources found/)
    assert.match((await cluster.tryKubectl(`get namespace ${ns.name}`)).stderr, /NotFound/)
  })
})
