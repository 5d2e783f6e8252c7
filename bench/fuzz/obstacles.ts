// What stands in the way of writes: admission policies with random expressions, webhooks to nowhere, quotas, limits, priorities, flow
// schemas, API services to nowhere. They are swept away now and then (see sweep.ts), so that not everything is refused.
import { expression } from './expressions.ts'
import type { Json } from './objects.ts'
import type { Random } from './random.ts'

const admission = 'admissionregistration.k8s.io/v1'

export interface Obstacle {
  /** The collection. */
  readonly path: string
  readonly object: Json
}

function object(random: Random, apiVersion: string, kind: string, rest: Json): Json {
  return { apiVersion, kind, metadata: { name: random.pick(['x', 'y']) }, ...rest }
}

function rules(random: Random): Json[] {
  return [
    {
      apiGroups: [random.pick(['', 'apps', '*', 'fuzz.example.com'])],
      apiVersions: [random.pick(['v1', '*'])],
      operations: random.pick([['CREATE'], ['UPDATE'], ['DELETE'], ['CREATE', 'UPDATE'], ['*'], ['CONNECT']]),
      resources: [random.pick(['pods', 'configmaps', 'deployments', 'secrets', '*', '*/*', 'pods/status', 'gears', 'services'])],
      ...(random.chance(0.2) && { scope: random.pick(['Namespaced', 'Cluster', '*']) }),
    },
  ]
}

function matching(random: Random): Json {
  return {
    ...(random.chance(0.15) && { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'test' } } }),
    ...(random.chance(0.15) && {
      objectSelector: { matchExpressions: [{ key: 'a', operator: random.pick(['Exists', 'In', 'DoesNotExist']) }] },
    }),
    ...(random.chance(0.2) && { matchPolicy: random.pick(['Exact', 'Equivalent']) }),
  }
}

const conditions = (random: Random) => random.some(2, i => ({ name: `c${i}`, expression: expression(random) }))

function policySpec(random: Random): Json {
  return {
    failurePolicy: random.pick(['Ignore', 'Fail', 'Ignore']),
    matchConstraints: { resourceRules: rules(random), ...matching(random) },
    ...(random.chance(0.3) && { matchConditions: conditions(random) }),
    ...(random.chance(0.5) && {
      variables: random.some(3, i => ({ name: random.pick(['x', 'y', `v${i}`]), expression: expression(random) })),
    }),
    ...(random.chance(0.2) && {
      paramKind: random.pick([
        { apiVersion: 'v1', kind: 'ConfigMap' },
        { apiVersion: 'fuzz.example.com/v1', kind: 'Gear' },
      ]),
    }),
  }
}

function validatingPolicy(random: Random): Json {
  const validation = () => ({
    expression: expression(random),
    ...(random.chance(0.3) && { messageExpression: expression(random) }),
    ...(random.chance(0.2) && { reason: random.pick(['Invalid', 'Forbidden', 'x']) }),
  })
  return object(random, admission, 'ValidatingAdmissionPolicy', {
    spec: {
      ...policySpec(random),
      validations: [validation(), ...random.some(2, validation)],
      ...(random.chance(0.3) && { auditAnnotations: random.some(2, i => ({ key: `a${i}`, valueExpression: expression(random) })) }),
    },
  })
}

const patches = [
  '[JSONPatch{op: "add", path: "/metadata/labels", value: {"k": "v"}}]',
  '[JSONPatch{op: "add", path: "/metadata/labels/" + jsonpatch.escapeKey("a/b"), value: "c"}]',
  '[JSONPatch{op: "remove", path: "/data"}]',
  '[JSONPatch{op: "replace", path: "/spec", value: {}}]',
  '[JSONPatch{op: "add", path: "", value: 1}]',
  '[JSONPatch{op: "test", path: "/metadata/name", value: "x"}, JSONPatch{op: "copy", from: "/spec", path: "/spec/x"}]',
  '[JSONPatch{op: "add", path: "/metadata/name", value: object.metadata.name + "x"}]',
  'object.metadata.?labels.orValue({}).map(k, JSONPatch{op: "remove", path: "/metadata/labels/" + k})',
]
const applied = [
  'Object{metadata: Object.metadata{labels: {"a": "b"}}}',
  'Object{spec: Object.spec{replicas: 3}}',
  'Object{spec: Object.spec{containers: [Object.spec.containers{name: "side", image: "x"}]}}',
  'Object{data: {"a": "b"}}',
  'Object{metadata: Object.metadata{annotations: {"n": string(size(string(object)))}}}',
  'Object{}',
]

function mutatingPolicy(random: Random): Json {
  const mutation = () =>
    random.chance(0.5)
      ? { patchType: 'JSONPatch', jsonPatch: { expression: random.chance(0.7) ? random.pick(patches) : expression(random) } }
      : {
          patchType: 'ApplyConfiguration',
          applyConfiguration: { expression: random.chance(0.7) ? random.pick(applied) : expression(random) },
        }
  return object(random, admission, 'MutatingAdmissionPolicy', {
    spec: {
      ...policySpec(random),
      reinvocationPolicy: random.pick(['Never', 'IfNeeded']),
      mutations: [mutation(), ...random.some(1, mutation)],
    },
  })
}

function binding(random: Random, kind: 'Validating' | 'Mutating'): Json {
  return object(random, admission, `${kind}AdmissionPolicyBinding`, {
    spec: {
      policyName: random.pick(['x', 'y']),
      ...(kind === 'Validating' && { validationActions: random.pick([['Deny'], ['Warn', 'Audit'], ['Audit']]) }),
      ...(random.chance(0.3) && { matchResources: { ...matching(random), resourceRules: rules(random) } }),
      ...(random.chance(0.2) && {
        paramRef: { ...random.pick([{ name: 'x' }, { selector: {} }]), parameterNotFoundAction: random.pick(['Allow', 'Deny']) },
      }),
    },
  })
}

function webhooks(random: Random, kind: 'Validating' | 'Mutating'): Json {
  const clientConfig = () =>
    random.pick<Json>([
      { url: 'https://127.0.0.1:1/hook' },
      { url: 'https://localhost:9/hook?' },
      { service: { namespace: 'test', name: random.pick(['x', 'small']), path: '/a', port: 443 } },
    ])
  const webhook = (i: number) => ({
    name: `w${i}.example.com`,
    clientConfig: clientConfig(),
    admissionReviewVersions: ['v1'],
    sideEffects: random.pick(['None', 'NoneOnDryRun']),
    timeoutSeconds: 1,
    failurePolicy: random.pick(['Ignore', 'Ignore', 'Fail']),
    rules: rules(random),
    ...matching(random),
    ...(random.chance(0.5) && { matchConditions: conditions(random) }),
    ...(kind === 'Mutating' && random.chance(0.3) && { reinvocationPolicy: 'IfNeeded' }),
  })
  return object(random, admission, `${kind}WebhookConfiguration`, { webhooks: [webhook(0), ...random.some(1, i => webhook(i + 1))] })
}

const amounts = ['0', '1', '2', '100m', '1Gi', '10', '1e3', '-1']
const amountsOf = (random: Random, keys: readonly string[]) =>
  Object.fromEntries(random.some(3, () => [random.pick(keys), random.pick(amounts)]))

function quota(random: Random): Json {
  const keys = [
    'pods',
    'cpu',
    'limits.memory',
    'requests.cpu',
    'count/configmaps',
    'count/deployments.apps',
    'services',
    'count/gears.fuzz.example.com',
    'gold.storageclass.storage.k8s.io/requests.storage',
    'requests.storage',
    'services.nodeports',
    'count/x',
  ]
  return object(random, 'v1', 'ResourceQuota', {
    spec: {
      hard: amountsOf(random, keys),
      ...(random.chance(0.3) && {
        scopes: [random.pick(['BestEffort', 'NotBestEffort', 'Terminating', 'NotTerminating', 'PriorityClass', 'x'])],
      }),
      ...(random.chance(0.2) && {
        scopeSelector: { matchExpressions: [{ scopeName: 'PriorityClass', operator: random.pick(['In', 'Exists']), values: ['x'] }] },
      }),
    },
  })
}

function limits(random: Random): Json {
  const keys = ['cpu', 'memory', 'storage', 'ephemeral-storage', 'example.com/gpu', 'toString']
  const limit = () => ({
    type: random.pick(['Container', 'Pod', 'PersistentVolumeClaim', 'x']),
    ...Object.fromEntries(
      random.some(3, () => [random.pick(['default', 'defaultRequest', 'max', 'min', 'maxLimitRequestRatio']), amountsOf(random, keys)]),
    ),
  })
  return object(random, 'v1', 'LimitRange', { spec: { limits: random.some(2, limit) } })
}

const flowControl = 'flowcontrol.apiserver.k8s.io/v1'

function flowSchema(random: Random): Json {
  const user = { kind: 'User', user: { name: random.pick(['*', 'jane', 'system:admin']) } }
  return object(random, flowControl, 'FlowSchema', {
    spec: {
      priorityLevelConfiguration: { name: random.pick(['x', 'y', 'catch-all', 'exempt', 'missing']) },
      matchingPrecedence: random.pick([1, 2, 500, 9_999, 10_000]),
      ...(random.chance(0.5) && { distinguisherMethod: { type: random.pick(['ByUser', 'ByNamespace', 'x']) } }),
      rules: [
        {
          subjects: [random.pick<Json>([user, { kind: 'Group', group: { name: 'system:authenticated' } }])],
          resourceRules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'], clusterScope: true, namespaces: ['*'] }],
          ...(random.chance(0.3) && {
            nonResourceRules: [{ verbs: ['get'], nonResourceURLs: [random.pick(['*', '/livez', '/a*', 'x'])] }],
          }),
        },
      ],
    },
  })
}

function priorityLevel(random: Random): Json {
  const queuing = { queues: random.pick([1, 64, 0]), handSize: random.pick([1, 8, 100]), queueLengthLimit: random.pick([1, 50, 0]) }
  return object(random, flowControl, 'PriorityLevelConfiguration', {
    spec: {
      type: random.pick(['Limited', 'Limited', 'Exempt', 'x']),
      ...(random.chance(0.95) && {
        limited: {
          nominalConcurrencyShares: random.pick([0, 1, 30, -1, 2 ** 31]),
          ...(random.chance(0.5) && { lendablePercent: random.pick([0, 50, 101]), borrowingLimitPercent: random.pick([0, 400, -1]) }),
          limitResponse: random.chance(0.5) ? { type: 'Reject' } : { type: 'Queue', queuing },
        },
      }),
    },
  })
}

function apiService(random: Random): Json {
  const name = random.pick(['v1.away.example.com', 'v1beta1.fuzz.example.com', 'v1.apps', 'v2.autoscaling'])
  const [version, ...group] = name.split('.')
  return {
    apiVersion: 'apiregistration.k8s.io/v1',
    kind: 'APIService',
    metadata: { name },
    spec: {
      group: group.join('.'),
      version,
      groupPriorityMinimum: random.pick([1, 2000, 20_001]),
      versionPriority: random.pick([1, 1000, 0]),
      insecureSkipTLSVerify: random.chance(0.8),
      service: random.pick<unknown>([{ namespace: 'test', name: random.pick(['x', 'small', 'missing']), port: 443 }, null]),
    },
  }
}

function priorityClass(random: Random): Json {
  return object(random, 'scheduling.k8s.io/v1', 'PriorityClass', {
    value: random.pick([0, 1, -(2 ** 31), 1_000_000_000, 1_000_000_001]),
    ...(random.chance(0.4) && { globalDefault: true }),
    ...(random.chance(0.4) && { preemptionPolicy: random.pick(['Never', 'PreemptLowerPriority', 'x']) }),
  })
}

const inGroup = (plural: string) => `/apis/${admission}/${plural}`
const makers: readonly (readonly [path: string, make: (random: Random) => Json])[] = [
  [inGroup('validatingadmissionpolicies'), validatingPolicy],
  [inGroup('validatingadmissionpolicies'), validatingPolicy],
  [inGroup('validatingadmissionpolicybindings'), random => binding(random, 'Validating')],
  [inGroup('validatingadmissionpolicybindings'), random => binding(random, 'Validating')],
  [inGroup('mutatingadmissionpolicies'), mutatingPolicy],
  [inGroup('mutatingadmissionpolicies'), mutatingPolicy],
  [inGroup('mutatingadmissionpolicybindings'), random => binding(random, 'Mutating')],
  [inGroup('mutatingadmissionpolicybindings'), random => binding(random, 'Mutating')],
  [inGroup('validatingwebhookconfigurations'), random => webhooks(random, 'Validating')],
  [inGroup('mutatingwebhookconfigurations'), random => webhooks(random, 'Mutating')],
  ['/api/v1/namespaces/test/resourcequotas', quota],
  ['/api/v1/namespaces/test/limitranges', limits],
  [`/apis/${flowControl}/flowschemas`, flowSchema],
  [`/apis/${flowControl}/prioritylevelconfigurations`, priorityLevel],
  ['/apis/apiregistration.k8s.io/v1/apiservices', apiService],
  ['/apis/scheduling.k8s.io/v1/priorityclasses', priorityClass],
]

export function obstacle(random: Random): Obstacle {
  const [path, make] = random.pick(makers)
  return { path, object: make(random) }
}
