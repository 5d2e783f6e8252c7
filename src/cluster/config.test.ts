import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { clusterNameProblem, defaultConfig, parseConfig } from './config.ts'
import { formatIssue } from './config-reader.ts'

const header = 'kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\n'

function accept(body: string) {
  const result = parseConfig(header + body, 'c.yml')
  assert(result.ok, JSON.stringify(result))
  return { config: result.config, notices: result.notices.map(formatIssue) }
}

describe('a configuration file', () => {
  it('without anything but its header is the default', () => {
    assert.deepEqual(accept(''), { config: defaultConfig(), notices: [] })
    assert.deepEqual(accept('nodes:\nnetworking:\n').config, defaultConfig())
  })

  it('can say what the API server records, encrypts and bears', () => {
    const { config } = accept(`
coxswain:
  apiServer:
    auditPolicyFile: policy.yaml
    auditLog: {maxSizeMb: 10}
    encryptionConfigFile: /etc/encryption.yaml
    priorityAndFairness: false
    maxRequestsInFlight: 50
`)
    assert.deepEqual(config.apiServer, {
      auditPolicyFile: 'policy.yaml',
      auditLog: { maxSizeMb: 10 },
      encryptionConfigFile: '/etc/encryption.yaml',
      priorityAndFairness: false,
      maxRequestsInFlight: 50,
    })
  })

  it('is read in full', () => {
    const { config, notices } = accept(`
name: 100x-k8s
nodes:
- role: control-plane
  extraPortMappings:
  - {containerPort: 30080, hostPort: 8080, listenAddress: 127.0.0.1, protocol: UDP}
  - containerPort: 80
- role: worker
  labels: {tier: front}
  extraMounts:
  - hostPath: /tmp/x
    containerPath: /data
    readOnly: true
    propagation: HostToContainer
networking: {podSubnet: 10.10.0.0/16, serviceSubnet: 10.20.0.0/16, apiServerAddress: 0.0.0.0, apiServerPort: 7443, disableDefaultCNI: true, kubeProxyMode: none}
`)
    assert.deepEqual(notices, [])
    assert.deepEqual(config, {
      name: '100x-k8s',
      nodes: [
        {
          role: 'control-plane',
          labels: {},
          extraMounts: [],
          extraPortMappings: [
            { containerPort: 30080, hostPort: 8080, listenAddress: '127.0.0.1', protocol: 'UDP' },
            { containerPort: 80, hostPort: 0, listenAddress: '0.0.0.0', protocol: 'TCP' },
          ],
        },
        {
          role: 'worker',
          labels: { tier: 'front' },
          extraMounts: [{ hostPath: '/tmp/x', containerPath: '/data', readOnly: true, propagation: 'HostToContainer' }],
          extraPortMappings: [],
        },
      ],
      networking: {
        apiServerAddress: '0.0.0.0',
        apiServerPort: 7443,
        podSubnet: '10.10.0.0/16',
        serviceSubnet: '10.20.0.0/16',
        disableDefaultCNI: true,
        kubeProxy: false,
      },
    })
  })

  it('gets a notice for what has no effect', () => {
    const { notices } = accept(`nodes:
- image: kindest/node:v1.36.0
  kubeadmConfigPatches: ["x"]
  extraMounts: [{hostPath: /a, containerPath: /a, propagation: Bidirectional}]
featureGates: {A: true}
runtimeConfig: {api/alpha: "true"}
containerdConfigPatches: ["x"]
networking: {kubeProxyMode: ipvs, dnsSearch: [a.b]}
`)
    assert.deepEqual(
      notices.map(line => line.split(': ').slice(0, 2).join(' ')),
      [
        'c.yml:4:10 nodes[0].image',
        'c.yml:5:25 nodes[0].kubeadmConfigPatches',
        'c.yml:6:64 nodes[0].extraMounts[0].propagation',
        'c.yml:7:15 featureGates',
        'c.yml:8:16 runtimeConfig',
        'c.yml:9:27 containerdConfigPatches[0]',
        'c.yml:10:46 networking.dnsSearch',
        'c.yml:10:29 networking.kubeProxyMode',
      ],
    )
  })

  it('may name the folder of registries as for kind', () => {
    const { notices } = accept(`containerdConfigPatches:
- |-
  # mirrors
  [plugins."io.containerd.grpc.v1.cri".registry]
    config_path = "/etc/containerd/certs.d"
`)
    assert.deepEqual(notices, [])
  })

  const rejected: [string, string, string[]][] = [
    ['unknown field', 'nodes:\n- roll: worker\n', ['c.yml:4:3: nodes[0].roll: unknown field, did you mean "role"?']],
    ['unknown field, nothing near', 'flavour: x\n', ['c.yml:3:1: flavour: unknown field']],
    ['wrong type', 'name: 5\n', ['c.yml:3:7: name: must be a string, not 5']],
    ['list for map', 'networking: []\n', ['c.yml:3:13: networking: must be a map, not a list']],
    ['map for list', 'nodes: {role: worker}\n', ['c.yml:3:8: nodes: must be a list, not a map']],
    ['unknown role', 'nodes:\n- role: boss\n', ['c.yml:4:9: nodes[0].role: unsupported value "boss", must be control-plane or worker']],
    [
      'port range',
      'nodes:\n- extraPortMappings:\n  - containerPort: 70000\n',
      ['c.yml:5:20: nodes[0].extraPortMappings[0].containerPort: must be between 1 and 65535, not 70000'],
    ],
    ['mount without path', 'nodes:\n- extraMounts:\n  - hostPath: /a\n', ['c.yml:5:5: nodes[0].extraMounts[0]: containerPath is required']],
    [
      'two control planes',
      'nodes:\n- role: control-plane\n- role: control-plane\n',
      ['c.yml:5:9: nodes[1].role: more than one control-plane node is not supported yet'],
    ],
    ['no control plane', 'nodes:\n- role: worker\n', ['c.yml:4:1: nodes: must contain a node with role control-plane']],
    ['subnet', 'networking: {podSubnet: 10.0.0.0}\n', ['c.yml:3:25: networking.podSubnet: must be an IPv4 network such as 10.244.0.0/16']],
    ['IPv6', 'networking: {ipFamily: dual}\n', ['c.yml:3:24: networking.ipFamily: "dual" is not supported yet, only ipv4']],
    ['duplicate key', 'name: a\nname: b\n', ['c.yml:4:1: Map keys must be unique']],
    ['broken YAML', 'nodes: [\n', ['c.yml:4:1: Flow sequence in block collection must be sufficiently indented and end with a ]']],
    [
      'several problems',
      'name: A\nnodes: 1\n',
      [
        "c.yml:3:7: name: \"A\" must consist of lower case letters, digits, '-' and '.', and begin and end with a letter or digit",
        'c.yml:4:8: nodes: must be a list, not 1',
      ],
    ],
  ]
  for (const [what, body, expected] of rejected) {
    it(`is rejected with its place: ${what}`, () => {
      const result = parseConfig(header + body, 'c.yml')
      assert(!result.ok)
      assert.deepEqual(result.errors.map(formatIssue), expected)
    })
  }

  it('is rejected without its header, or when empty', () => {
    const errors = (text: string) => {
      const result = parseConfig(text, 'c.yml')
      return result.ok ? [] : result.errors.map(formatIssue)
    }
    assert.deepEqual(errors(''), ['c.yml:1:1: the file is empty'])
    assert.deepEqual(errors('name: a\n'), ['c.yml:1:1: kind is required', 'c.yml:1:1: apiVersion is required'])
    assert.deepEqual(errors('kind: Pod\napiVersion: v1\n'), [
      'c.yml:1:7: kind: unsupported value "Pod", must be Cluster',
      'c.yml:2:13: apiVersion: unsupported value "v1", must be kind.x-k8s.io/v1alpha4',
    ])
  })
})

it('a cluster name fits into host names', () => {
  for (const name of ['a', '100x-k8s', 'a.b', 'x'.repeat(45)]) assert.equal(clusterNameProblem(name), undefined)
  for (const name of ['', '-a', 'a-', 'A', 'a_b', 'a/b', '..', 'x'.repeat(46)]) assert.notEqual(clusterNameProblem(name), undefined, name)
})
