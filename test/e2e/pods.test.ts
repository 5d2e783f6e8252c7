// What is in a pod: environment and files, containers of every sort, probes, hooks, limits and identities, on real containers.
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { Pod } from '../../src/api/core/pod.ts'
import { hierarchies } from '../../src/cluster/cgroup.ts'
import { startCluster, type TestCluster, type TestNamespace, whyNoClusters } from '../testkit/cluster.ts'
import { curl, eventually } from '../testkit/waiting.ts'
import { ended, isReady, pod, restarts, service, shell, waitingReason, web } from './manifests.ts'

describe('pods', { skip: whyNoClusters(), timeout: 240_000, concurrency: 3 }, () => {
  let cluster: TestCluster
  let ns: TestNamespace
  before(async () => {
    cluster = await startCluster()
    ns = await cluster.namespace()
  })
  after(() => cluster?.close())

  const run = (name: string, script: string) => ns.kubectl(['exec', name, '--', 'sh', '-c', script])
  const succeeded = async (name: string, timeoutMs?: number) => {
    await ns.untilPod(name, `${name} succeeds`, each => each.status?.phase === 'Succeeded', timeoutMs)
    return ns.kubectl(['logs', name])
  }

  /** Microseconds of CPU in each 100 ms, and memory, as the kernel has them. */
  const cgroupLimits = ({ metadata, status }: Pick<Pod, 'metadata' | 'status'>, container = 0) => {
    const id = status?.containerStatuses?.[container]?.containerID?.replace('containerd://', '')
    const path = `coxswain/${cluster.name}/${cluster.name}-control-plane/kubepods/burstable/pod${metadata.uid}/${id}`
    const read = (...files: string[]) => {
      const found = hierarchies().flatMap(({ mountPoint }) => files.map(file => join(mountPoint, path, file)))
      const file = found.find(existsSync)
      assert(file, `one of ${found.join(', ')}`)
      return readFileSync(file, 'utf8').trim()
    }
    const [quota] = read('cpu.cfs_quota_us', 'cpu.max').split(' ')
    return [quota, `${Number(read('memory.limit_in_bytes', 'memory.max')) / 2 ** 20}Mi`]
  }

  it('env and files from ConfigMap and Secret, and a file that follows its ConfigMap', async () => {
    await ns.kubectl('create configmap settings --from-literal=color=blue --from-literal=size=10')
    await ns.kubectl('create secret generic keys --from-literal=token=s3cret')
    const env = [
      { name: 'COLOR', valueFrom: { configMapKeyRef: { name: 'settings', key: 'color' } } },
      { name: 'TOKEN', valueFrom: { secretKeyRef: { name: 'keys', key: 'token' } } },
      { name: 'BOTH', value: '$(COLOR)-$(TOKEN)-$$(COLOR)' },
    ]
    const volumeMounts = [
      { name: 'settings', mountPath: '/etc/settings' },
      { name: 'keys', mountPath: '/etc/keys', readOnly: true },
    ]
    const envFrom = [{ configMapRef: { name: 'settings' }, prefix: 'ALL_' }]
    const volumes = [
      { name: 'settings', configMap: { name: 'settings' } },
      { name: 'keys', secret: { secretName: 'keys', defaultMode: 0o400 } },
    ]
    await ns.apply(pod('configured', [shell('main', undefined, { env, envFrom, volumeMounts })], { volumes }))
    await ns.untilPod('configured', 'it is ready', isReady)
    const script = 'echo $COLOR $TOKEN $BOTH $ALL_size; cat /etc/settings/color /etc/keys/token; stat -L -c " %a" /etc/keys/token'
    assert.equal(await run('configured', script), 'blue s3cret blue-s3cret-$(COLOR) 10\nblues3cret 400\n')
    await ns.kubectl(['patch', 'configmap', 'settings', '-p', '{"data":{"color":"green"}}'])
    await eventually(
      'the file follows',
      async () => assert.equal(await run('configured', 'cat /etc/settings/color; echo $COLOR'), 'greenblue\n'),
      30_000,
    )
  })

  it('a pod whose ConfigMap is missing waits for it', async () => {
    const env = [{ name: 'LATE', valueFrom: { configMapKeyRef: { name: 'late', key: 'key' } } }]
    await ns.apply(pod('waiting', [shell('main', 'echo got $LATE', { env })], { restartPolicy: 'Never' }))
    await ns.untilPod('waiting', 'it says what is missing', each => waitingReason(each) === 'CreateContainerConfigError')
    const { status } = await ns.untilPod('waiting', 'it waits', () => true)
    assert.equal(status?.containerStatuses?.[0]?.state?.waiting?.message, 'configmap "late" not found')
    await ns.kubectl('create configmap late --from-literal=key=it')
    assert.equal(await succeeded('waiting', 45_000), 'got it\n')
  })

  it('the downward API', async () => {
    const field = (name: string, fieldPath: string) => ({ name, valueFrom: { fieldRef: { fieldPath } } })
    const resources = { requests: { cpu: '100m', memory: '32Mi' }, limits: { cpu: '500m', memory: '64Mi' } }
    const limit = { name: 'LIMIT', valueFrom: { resourceFieldRef: { resource: 'limits.memory', divisor: '1Mi' } } }
    const env = [
      field('NAME', 'metadata.name'),
      field('NODE', 'spec.nodeName'),
      field('IP', 'status.podIP'),
      field('LABEL', "metadata.labels['tier']"),
      limit,
    ]
    const items = [{ path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } }]
    const more = { env, resources, volumeMounts: [{ name: 'info', mountPath: '/info' }] }
    const script = 'echo $NAME $NODE $LABEL $LIMIT; [ "$IP" = "$(hostname -i)" ] && echo own address; cat /info/labels'
    const volumes = [{ name: 'info', downwardAPI: { items } }]
    await ns.apply(pod('downward', [shell('main', script, more)], { volumes, restartPolicy: 'Never' }, { labels: { tier: 'front' } }))
    assert.equal((await succeeded('downward')).trim(), `downward ${cluster.name}-control-plane front 64\nown address\ntier="front"`)
  })

  it('init containers run in order before a sidecar and the main container, the sidecar ends last', async () => {
    const mount = { volumeMounts: [{ name: 'shared', mountPath: '/shared' }] }
    const note = (what: string) => `echo ${what} >> /shared/notes`
    await ns.apply(
      pod('staged', [shell('main', `${note('main')}; sleep 1; cat /shared/notes`, mount)], {
        restartPolicy: 'Never',
        volumes: [{ name: 'shared', emptyDir: {} }],
        initContainers: [
          shell('first', `sleep 0.3; ${note('first')}`, mount),
          shell('sidecar', `${note('sidecar')}; trap "exit 0" TERM; sleep 1000 & wait`, { ...mount, restartPolicy: 'Always' }),
          shell('second', note('second'), mount),
        ],
      }),
    )
    const { status } = await ns.untilPod('staged', 'it succeeds', each => each.status?.phase === 'Succeeded')
    // The sidecar is started, not waited for: the order of its note and the next one's is open.
    const notes = (await ns.kubectl('logs staged -c main')).trim().split('\n')
    assert.deepEqual([notes[0], notes.slice(1, 3).sort(), notes[3]], ['first', ['second', 'sidecar'], 'main'])
    assert(status?.initContainerStatuses?.[1]?.state?.terminated, 'the sidecar has ended')
  })

  it('readiness decides who gets traffic', async () => {
    const readinessProbe = { exec: { command: ['test', '-e', '/tmp/ready'] }, periodSeconds: 1, failureThreshold: 1 }
    await ns.apply(pod('gated', [web('web', { readinessProbe })], {}, { labels: { app: 'gated' } }), service('gated', 80, 80))
    await ns.apply(pod('asking', [shell('main')]))
    await Promise.all([
      ns.untilPod('asking', 'it is ready', isReady),
      ns.untilPod('gated', 'it runs', each => each.status?.phase === 'Running'),
    ])
    const address = await ns.kubectl('get service gated -o jsonpath={.spec.clusterIP}')
    const ask = () => ns.tryKubectl(['exec', 'asking', '--', 'timeout', '5', 'wget', '-q', '-O', '-', `http://${address}/`])
    assert.notEqual((await ask()).code, 0, 'nobody answers before it is ready')
    assert.match(await ns.kubectl('get pod gated'), /0\/1 +Running/)
    await run('gated', 'touch /tmp/ready')
    await ns.untilPod('gated', 'it is ready', isReady)
    await eventually('it answers', async () => assert.equal((await ask()).code, 0))
    await run('gated', 'rm /tmp/ready')
    await ns.untilPod('gated', 'it is not ready', each => !isReady(each))
    await eventually('it gets no more traffic', async () => assert.notEqual((await ask()).code, 0))
  })

  it('liveness restarts, with what the last one logged', async () => {
    const livenessProbe = { exec: { command: ['test', '-e', '/tmp/alive'] }, periodSeconds: 1, failureThreshold: 1, initialDelaySeconds: 1 }
    const script = 'echo life $(cut -c 1-9 /proc/uptime); touch /tmp/alive; sleep 2; rm /tmp/alive; trap "exit 0" TERM; sleep 1000 & wait'
    await ns.apply(pod('mortal', [shell('main', script, { livenessProbe })]))
    await ns.untilPod(
      'mortal',
      'it is restarted',
      each => restarts(each)[0] === 1 && each.status?.containerStatuses?.[0]?.state?.running !== undefined,
    )
    const [now, before] = await Promise.all([ns.kubectl('logs mortal'), ns.kubectl('logs mortal --previous')])
    assert.match(before, /^life [\d. ]+\n$/)
    assert.notEqual(now, before)
    await eventually('an event says why', async () =>
      assert.match(await ns.kubectl('describe pod mortal'), /Warning +Unhealthy .*Liveness probe failed/),
    )
  })

  it('hooks, and an end in order', async () => {
    const lifecycle = {
      postStart: { exec: { command: ['sh', '-c', 'echo started > /shared/hook'] } },
      preStop: { exec: { command: ['sh', '-c', 'echo stopping > /proc/1/fd/1'] } },
    }
    const script = 'trap "echo got TERM; exit 0" TERM; while ! [ -e /shared/hook ]; do sleep 0.1; done; cat /shared/hook; sleep 1000 & wait'
    const more = { lifecycle, volumeMounts: [{ name: 'shared', mountPath: '/shared' }] }
    await ns.apply(
      pod('polite', [shell('main', script, more)], { terminationGracePeriodSeconds: 10, volumes: [{ name: 'shared', emptyDir: {} }] }),
    )
    await ns.untilPod('polite', 'it is ready', isReady)
    const following = ns.kubectlBeside('logs -f polite')
    try {
      await following.says(/started/)
      const begin = Date.now()
      await ns.kubectl('delete pod polite')
      assert(Date.now() - begin < 8_000, 'it ends before its grace is over')
      await following.says(/stopping\ngot TERM\n/)
    } finally {
      await following.stop()
    }
  })

  it('a container that ignores the signal is killed after its grace', async () => {
    await ns.apply(pod('stubborn', [shell('main', 'trap "" TERM; while true; do sleep 0.2; done')], { terminationGracePeriodSeconds: 2 }))
    await ns.untilPod('stubborn', 'it is ready', isReady)
    const begin = Date.now()
    await ns.kubectl('delete pod stubborn')
    const tookMs = Date.now() - begin
    assert(tookMs >= 1_500 && tookMs < 8_000, `it took ${tookMs} ms`)
  })

  it('CrashLoopBackOff', async () => {
    await ns.apply(pod('crashing', [shell('main', 'echo oops; exit 4')]))
    const crashed = await ns.untilPod(
      'crashing',
      'it backs off',
      each => waitingReason(each) === 'CrashLoopBackOff' && (restarts(each)[0] ?? 0) >= 1,
      60_000,
    )
    assert.equal(crashed.status?.containerStatuses?.[0]?.lastState?.terminated?.exitCode, 4)
    assert.match(
      crashed.status?.containerStatuses?.[0]?.state?.waiting?.message ?? '',
      /^back-off \d+s restarting failed container=main pod=crashing_/,
    )
    assert.match(await ns.kubectl('get pod crashing'), /0\/1 +(CrashLoopBackOff|Error) +[1-9]/)
    assert.equal(await ns.kubectl('logs crashing'), 'oops\n')
  })

  it('limits are the cgroups', async () => {
    const resources = { requests: { cpu: '100m', memory: '32Mi' }, limits: { cpu: '250m', memory: '64Mi' } }
    await ns.apply(pod('limited', [shell('main', undefined, { resources })]))
    const { metadata, status } = await ns.untilPod('limited', 'it is ready', isReady)
    assert.equal(status?.qosClass, 'Burstable')
    assert.deepEqual(cgroupLimits({ metadata, status }), ['25000', '64Mi'])
  })

  it('a resize reaches the cgroup of a running container, and restarts it where its policy says so', async () => {
    const resources = (cpu: string, memory: string) => ({ requests: { cpu: '50m', memory: '16Mi' }, limits: { cpu, memory } })
    const resizePolicy = [
      { resourceName: 'cpu', restartPolicy: 'NotRequired' },
      { resourceName: 'memory', restartPolicy: 'RestartContainer' },
    ]
    const sidecar = shell('side', undefined, { restartPolicy: 'Always', resources: resources('100m', '32Mi') })
    const containers = [shell('main', undefined, { resources: resources('250m', '64Mi'), resizePolicy }), shell('plain')]
    await ns.apply(pod('resized', containers, { initContainers: [sidecar] }))
    await ns.untilPod('resized', 'it is ready', isReady)
    const shown = (each: Pod) => [...(each.status?.containerStatuses ?? []), ...(each.status?.initContainerStatuses ?? [])]
    const limitsOf = (each: Pod, name: string) => shown(each).find(status => status.name === name)?.resources?.limits
    const isDone = (each: Pod) => isReady(each) && !each.status?.conditions?.some(({ type }) => type.startsWith('PodResize'))
    const has = (name: string, limits: object) => (each: Pod) =>
      JSON.stringify(limitsOf(each, name)) === JSON.stringify(limits) && isDone(each)
    const patch = (spec: object) => ns.kubectl(['patch', 'pod', 'resized', '--subresource', 'resize', '-p', JSON.stringify({ spec })])

    await patch({ containers: [{ name: 'main', resources: resources('400m', '64Mi') }] })
    const faster = await ns.untilPod('resized', 'it has more CPU', has('main', { cpu: '400m', memory: '64Mi' }))
    assert.deepEqual(
      [cgroupLimits(faster), restarts(faster)],
      [
        ['40000', '64Mi'],
        [0, 0],
      ],
    )
    assert.deepEqual(faster.status?.containerStatuses?.[0]?.allocatedResources, { cpu: '50m', memory: '16Mi' })
    assert.equal(faster.status?.observedGeneration, faster.metadata.generation)

    await patch({ initContainers: [{ name: 'side', resources: resources('200m', '48Mi') }] })
    const beside = await ns.untilPod('resized', 'its sidecar has more', has('side', { cpu: '200m', memory: '48Mi' }))
    assert.deepEqual(restarts(beside), [0, 0])

    await patch({ containers: [{ name: 'main', resources: resources('400m', '96Mi') }] })
    const restarted = (each: Pod) => has('main', { cpu: '400m', memory: '96Mi' })(each) && restarts(each)[0] === 1
    const larger = await ns.untilPod('resized', 'it runs again with more memory', restarted)
    assert.deepEqual(
      [cgroupLimits(larger), restarts(larger)],
      [
        ['40000', '96Mi'],
        [1, 0],
      ],
    )

    const now = JSON.parse(await ns.kubectl('get pod resized --subresource resize -o json'))
    now.spec.containers[1].resources = { limits: { cpu: '10m', memory: '32Mi' }, requests: { cpu: '1m' } }
    writeFileSync(join(cluster.dir, 'resized.json'), JSON.stringify(now))
    await ns.kubectl(['replace', '--subresource', 'resize', '-f', join(cluster.dir, 'resized.json')])
    const limited = await ns.untilPod('resized', 'the other one is limited now', has('plain', { cpu: '10m', memory: '32Mi' }))
    assert.deepEqual(
      [cgroupLimits(limited, 1), restarts(limited)],
      [
        ['1000', '32Mi'],
        [1, 0],
      ],
    )
    assert.equal(await ns.kubectl('get pod resized --subresource resize -o json'), await ns.kubectl('get pod resized -o json'))

    await patch({ containers: [{ name: 'main', resources: { requests: { cpu: '1k' }, limits: { cpu: '1k' } } }] })
    const refused = await ns.untilPod('resized', 'that is too much', each =>
      Boolean(each.status?.conditions?.some(({ type, reason }) => type === 'PodResizePending' && reason === 'Infeasible')),
    )
    assert.deepEqual(limitsOf(refused, 'main'), { cpu: '400m', memory: '96Mi' })
    const events = await ns.kubectl('get events -o jsonpath={.items[*].reason}')
    for (const reason of ['ResizeStarted', 'ResizeCompleted', 'ResizeInfeasible']) assert(events.includes(reason), reason)
  })

  it('too much memory: OOMKilled, 137', async () => {
    const resources = { limits: { memory: '24Mi' } }
    const script = 'head -c 200000000 /dev/zero | tail > /dev/null & wait $!; exit $?'
    const whole = { name: 'main', image: 'busybox', imagePullPolicy: 'IfNotPresent', resources, command: ['tail', '/dev/zero'] }
    await ns.apply(
      pod('hungry', [whole], { restartPolicy: 'Never' }),
      pod('hungry-child', [shell('main', script, { resources })], { restartPolicy: 'Never' }),
    )
    const killed = await ns.untilPod('hungry', 'it ends', each => each.status?.phase === 'Failed')
    assert.deepEqual([ended(killed)?.reason, ended(killed)?.exitCode], ['OOMKilled', 137])
    const child = await ns.untilPod('hungry-child', 'it ends', each => each.status?.phase === 'Failed')
    assert.equal(ended(child)?.exitCode, 137)
  })

  it('emptyDir is shared between containers, also in memory; hostPath is the node', async () => {
    const dir = join(cluster.dir, 'host-path')
    mkdirSync(dir)
    writeFileSync(join(dir, 'from-host'), 'hello from the host\n')
    const volumeMounts = ['disk', 'memory', 'host'].map(name => ({ name, mountPath: `/${name}` }))
    const wait = 'until [ -e /disk/done ]; do sleep 0.1; done'
    await ns.apply(
      pod(
        'sharing',
        [
          shell('reader', `${wait}; cat /disk/done; grep -c "/memory tmpfs" /proc/mounts; cat /host/from-host; echo x > /host/from-pod`, {
            volumeMounts,
          }),
          shell('writer', 'sleep 0.2; echo written > /disk/.new; mv /disk/.new /disk/done', { volumeMounts }),
        ],
        {
          restartPolicy: 'Never',
          volumes: [
            { name: 'disk', emptyDir: {} },
            { name: 'memory', emptyDir: { medium: 'Memory', sizeLimit: '1Mi' } },
            { name: 'host', hostPath: { path: dir, type: 'Directory' } },
          ],
        },
      ),
    )
    await ns.untilPod('sharing', 'it succeeds', each => each.status?.phase === 'Succeeded')
    assert.equal(await ns.kubectl('logs sharing -c reader'), 'written\n1\nhello from the host\n')
    assert(existsSync(join(dir, 'from-pod')))
  })

  it('securityContext', async () => {
    const securityContext = {
      runAsUser: 1234,
      runAsGroup: 2345,
      readOnlyRootFilesystem: true,
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
    }
    const script =
      'id -u; id -g; id -G; touch /file 2>&1; grep -E "CapEff|NoNewPrivs" /proc/self/status; touch /data/x && stat -c %g /data/x'
    const more = { securityContext, volumeMounts: [{ name: 'data', mountPath: '/data' }] }
    const spec = { restartPolicy: 'Never', securityContext: { fsGroup: 3456 }, volumes: [{ name: 'data', emptyDir: {} }] }
    await ns.apply(pod('restricted', [shell('main', script, more)], spec))
    const said = (await succeeded('restricted')).trim().split('\n')
    assert.deepEqual(said.slice(0, 3), ['1234', '2345', '2345 3456'])
    assert.match(said[3] ?? '', /Read-only file system/)
    assert.deepEqual(said.slice(4), ['CapEff:\t0000000000000000', 'NoNewPrivs:\t1', '3456'])
    const root = pod('refused', [shell('main', 'id', { securityContext: { runAsNonRoot: true } })], { restartPolicy: 'Never' })
    await ns.apply(root)
    const refused = await ns.untilPod('refused', 'it is refused', each => waitingReason(each) === 'CreateContainerConfigError')
    assert.match(
      refused.status?.containerStatuses?.[0]?.state?.waiting?.message ?? '',
      /container has runAsNonRoot and image will run as root/,
    )
  })

  it('its service account lets it talk to the API', async () => {
    await ns.kubectl(['create', 'role', 'reader', '--verb=get', '--resource=pods'])
    await ns.kubectl(['create', 'rolebinding', 'reader', '--role=reader', `--serviceaccount=${ns.name}:default`])
    await ns.apply(pod('talking', [shell('main')]))
    await ns.untilPod('talking', 'it is ready', isReady)
    const token = await run('talking', 'cat /var/run/secrets/kubernetes.io/serviceaccount/token')
    const as = [
      '--token',
      token.trim(),
      '--kubeconfig',
      '/dev/null',
      '--server',
      `https://127.0.0.1:${cluster.plan.apiServerPort}`,
      '--insecure-skip-tls-verify',
    ]
    assert.match(await ns.kubectl([...as, 'get', 'pod', 'talking']), /talking +1\/1/)
    const denied = await ns.tryKubectl([...as, 'get', 'secrets'])
    assert.equal(
      denied.stderr.trim(),
      `Error from server (Forbidden): secrets is forbidden: User "system:serviceaccount:${ns.name}:default" cannot list resource "secrets" in API group "" in the namespace "${ns.name}"`,
    )
    const answer =
      'printf "GET /version HTTP/1.0\\r\\n\\r\\n" | timeout 5 nc $KUBERNETES_SERVICE_HOST $KUBERNETES_SERVICE_PORT > /dev/null && echo reached'
    assert.equal(await run('talking', answer), 'reached\n')
  })

  it('attach', async () => {
    await ns.apply(
      pod('attached', [shell('main', 'read line; echo "got $line"; sleep 0.2', { stdin: true, stdinOnce: true })], {
        restartPolicy: 'Never',
      }),
    )
    await ns.untilPod('attached', 'it runs', each => each.status?.phase === 'Running')
    const { stdout } = await ns.tryKubectl('attach -i attached -c main', { input: 'a line\n' })
    assert.match(stdout, /got a line/)
    await succeeded('attached')
  })

  it('run --rm -it', async () => {
    const said = await ns.kubectlTty([
      'run',
      'once',
      '--rm',
      '-i',
      '-t',
      '--restart=Never',
      '--image=busybox',
      '--image-pull-policy=IfNotPresent',
      '--',
      'sh',
      '-c',
      'sleep 1; echo done; exit 0',
    ])
    assert.match(said.stdout, /done$/m)
    assert.match((await ns.tryKubectl('get pod once')).stderr, /NotFound/)
  })

  it('debug with an ephemeral container', async () => {
    await ns.apply(pod('opaque', [web()]))
    await ns.untilPod('opaque', 'it is ready', isReady)
    await ns.kubectl([
      'debug',
      'opaque',
      '--image=busybox',
      '--image-pull-policy=IfNotPresent',
      '--target=web',
      '-c',
      'probe',
      '--',
      'sh',
      '-c',
      'ps | grep -c "[n]ginx: master"',
    ])
    await ns.untilPod('opaque', 'it ran', each => each.status?.ephemeralContainerStatuses?.[0]?.state?.terminated?.exitCode === 0)
    assert.equal(await ns.kubectl('logs opaque -c probe'), '1\n')
  })

  it('hostPort and hostNetwork', async () => {
    const node = cluster.plan.nodes[0]
    const ports = [{ containerPort: 80, hostPort: 8123 }]
    await ns.apply(pod('on-host-port', [web('web', { ports })]), pod('on-host', [shell('main')], { hostNetwork: true }))
    await ns.untilPod('on-host-port', 'it is ready', isReady)
    await eventually('the node answers', async () => assert.equal((await curl(`http://${node?.address}:8123/`)).status, 200))
    const host = await ns.untilPod('on-host', 'it is ready', isReady)
    assert.equal(host.status?.podIP, node?.address)
  })
})
