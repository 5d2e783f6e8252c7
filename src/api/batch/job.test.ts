import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type FieldError, fieldErrorMessage } from '../../meta/field-error.ts'
import type { Draft } from '../../schema/schema.ts'
import { complaints, row, stored } from '../testkit.ts'
import { Job } from './job.ts'
import { createJob } from './job-strategy.ts'

type Wish = Draft<Job>
type Spec = NonNullable<Wish['spec']>

const container = { name: 'c', image: 'i:1' }
const template = { spec: { restartPolicy: 'Never', containers: [container] } } as const

/** A job as it is stored after its creation. */
function created(spec: Spec = {}, more: Wish = {}): Job {
  return createJob(stored(Job, { ...more, spec: { template, ...spec } }))
}

describe('a job without more than a template', () => {
  it('is of one pod, tried six times again', () => {
    const { template, ...spec } = stored(Job, { spec: { template: { spec: { containers: [container] } } } }).spec
    assert.deepEqual(spec, {
      completions: 1,
      parallelism: 1,
      backoffLimit: 6,
      completionMode: 'NonIndexed',
      suspend: false,
      podReplacementPolicy: 'TerminatingOrFailed',
      manualSelector: false,
    })
    assert.equal(template.spec?.restartPolicy, 'Always')
  })

  const defaults: readonly (readonly [name: string, spec: Spec, expected: Partial<Job['spec']>])[] = [
    ['parallelism alone leaves completions open', { parallelism: 3 }, { parallelism: 3, completions: undefined }],
    ['completions alone', { completions: 3 }, { parallelism: 1, completions: 3 }],
    ['a limit for each index stands for that of all', { backoffLimitPerIndex: 1 }, { backoffLimit: 2147483647 }],
    [
      'a failure policy waits for the end of pods',
      { podFailurePolicy: { rules: [{ action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget' }] }] } },
      {
        podReplacementPolicy: 'Failed',
        podFailurePolicy: { rules: [{ action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] }] },
      },
    ],
  ]
  for (const [name, spec, expected] of defaults) {
    it(name, () => {
      const complete = stored(Job, { spec: { template, ...spec } }).spec
      for (const [field, value] of Object.entries(expected)) assert.deepEqual(complete[field as keyof Spec], value, field)
    })
  }
})

describe('a new job', () => {
  const made = {
    'job-name': 'a',
    'batch.kubernetes.io/job-name': 'a',
    'controller-uid': 'uid-1',
    'batch.kubernetes.io/controller-uid': 'uid-1',
  }

  it('gets a selector and labels that no other has', () => {
    const job = created()
    assert.deepEqual(job.spec.selector, { matchLabels: { 'batch.kubernetes.io/controller-uid': 'uid-1' } })
    assert.deepEqual(job.spec.template.metadata?.labels, made)
    assert.deepEqual(job.metadata.labels, made)
    assert.deepEqual(complaints(Job, job), [])
  })

  it('keeps its own labels, and shares those of its template', () => {
    const labelled = { ...template, metadata: { labels: { a: 'b' } } }
    assert.deepEqual(created({ template: labelled }).metadata.labels, { a: 'b', ...made })
    assert.deepEqual(created({ template: labelled }, { metadata: { labels: { x: 'y' } } }).metadata.labels, { x: 'y' })
  })

  it('keeps a selector of its own where it wants to', () => {
    const labelled = { ...template, metadata: { labels: { a: 'b' } } }
    const job = created({ manualSelector: true, selector: { matchLabels: { a: 'b' } }, template: labelled })
    assert.deepEqual([job.spec.selector, job.spec.template.metadata?.labels], [{ matchLabels: { a: 'b' } }, { a: 'b' }])
    assert.deepEqual(complaints(Job, job), [])
  })
})

const rules = (...rules: readonly object[]) => ({ podFailurePolicy: { rules } }) as Spec
const success = (...rules: readonly object[]) => ({ completionMode: 'Indexed', completions: 5, successPolicy: { rules } }) as Spec

describe('a new job is refused', () => {
  const rows: readonly (readonly [name: string, job: () => Job, expected: readonly string[]])[] = [
    [
      'with labels of another',
      () => created({ template: { ...template, metadata: { labels: { 'controller-uid': 'other' } } } }),
      [
        'spec.template.metadata.labels[controller-uid]: Invalid value: {"controller-uid":"other","job-name":"a","batch.kubernetes.io/job-name":"a","batch.kubernetes.io/controller-uid":"uid-1"}: must be \'uid-1\'',
      ],
    ],
    [
      'with a selector of another',
      () => created({ selector: { matchLabels: { 'batch.kubernetes.io/controller-uid': 'other' } } }),
      [
        'spec.selector: Invalid value: {"matchLabels":{"batch.kubernetes.io/controller-uid":"other"}}: `selector` not auto-generated',
        'spec.template.metadata.labels: Invalid value: {"job-name":"a","batch.kubernetes.io/job-name":"a","controller-uid":"uid-1","batch.kubernetes.io/controller-uid":"uid-1"}: `selector` does not match template `labels`',
      ],
    ],
    [
      'without the selector that it wants to have itself',
      () => created({ manualSelector: true }),
      ['spec.selector: Required value', 'spec.template.metadata.labels: Invalid value: null: `selector` does not match template `labels`'],
    ],
    [
      'without pods',
      () => created({ template: {} }),
      [
        'spec.template.spec.containers: Required value',
        'spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"',
      ],
    ],
    [
      'with pods that never end',
      () => created({ template: { spec: { containers: [container] } } }),
      ['spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"'],
    ],
    [
      'with numbers below zero',
      () => created({ parallelism: -1, completions: -2, backoffLimit: -3, activeDeadlineSeconds: -4, ttlSecondsAfterFinished: -5 }),
      [
        'spec.parallelism: Invalid value: -1: must be greater than or equal to 0',
        'spec.completions: Invalid value: -2: must be greater than or equal to 0',
        'spec.activeDeadlineSeconds: Invalid value: -4: must be greater than or equal to 0',
        'spec.backoffLimit: Invalid value: -3: must be greater than or equal to 0',
        'spec.ttlSecondsAfterFinished: Invalid value: -5: must be greater than or equal to 0',
      ],
    ],
    [
      'indexed without a number',
      () => created({ completionMode: 'Indexed', parallelism: 100_001 }),
      [
        'spec.completions: Required value: when completion mode is Indexed',
        'spec.parallelism: Invalid value: 100001: must be less than or equal to 100000 when completion mode is Indexed',
      ],
    ],
    [
      'with what is for indexed ones',
      () => created({ backoffLimitPerIndex: 1, maxFailedIndexes: 1, successPolicy: { rules: [] } }),
      [
        'spec.backoffLimitPerIndex: Invalid value: 1: requires indexed completion mode',
        'spec.maxFailedIndexes: Invalid value: 1: requires indexed completion mode',
        'spec.successPolicy: Invalid value: {"rules":[]}: requires indexed completion mode',
      ],
    ],
    [
      'with more failures than indexes',
      () => created({ completionMode: 'Indexed', completions: 2, maxFailedIndexes: 3 }),
      [
        'spec.backoffLimitPerIndex: Required value: when maxFailedIndexes is specified',
        'spec.maxFailedIndexes: Invalid value: 3: must be less than or equal to completions',
      ],
    ],
    [
      'with very many indexes that may fail',
      () => created({ completionMode: 'Indexed', completions: 100_001, parallelism: 10_001, backoffLimitPerIndex: 1 }),
      [
        'spec.maxFailedIndexes: Required value: must be specified when completions is above 100000',
        'spec.parallelism: Invalid value: 10001: must be less than or equal to 10000 when completions are above 100000 and used with backoff limit per index',
      ],
    ],
    [
      'with a name too long for hosts',
      () => created({ completionMode: 'Indexed', completions: 11 }, { metadata: { name: 'n'.repeat(61) } }),
      [`metadata.name: Invalid value: "${'n'.repeat(61)}": will not able to create pod with invalid DNS label: ${'n'.repeat(61)}-10`],
    ],
    [
      'managed by a word',
      () => created({ managedBy: 'me' }),
      ['spec.managedBy: Invalid value: "me": must be a domain-prefixed path (such as "acme.io/foo")'],
    ],
    [
      'with rules that say nothing or too much',
      () =>
        created(
          rules(
            { action: 'FailJob' },
            {
              action: 'FailIndex',
              onExitCodes: { operator: 'In', values: [2, 1, 0, 1], containerName: 'x' },
              onPodConditions: [{ type: 'a b' }],
            },
          ),
        ),
      [
        'spec.podFailurePolicy.rules[0]: Invalid value: specifying one of OnExitCodes and OnPodConditions is required',
        'spec.podFailurePolicy.rules[1].action: Invalid value: "FailIndex": requires the backoffLimitPerIndex to be set',
        'spec.podFailurePolicy.rules[1].onExitCodes.containerName: Invalid value: "x": must be one of the container or initContainer names in the pod template',
        'spec.podFailurePolicy.rules[1].onExitCodes.values[2]: Invalid value: 0: must not be 0 for the In operator',
        'spec.podFailurePolicy.rules[1].onExitCodes.values[3]: Duplicate value: 1',
        'spec.podFailurePolicy.rules[1].onExitCodes.values: Invalid value: [2,1,0,1]: must be ordered',
        'spec.podFailurePolicy.rules[1].onPodConditions[0].type: Invalid value: "a b": name part …',
        'spec.podFailurePolicy.rules[1]: Invalid value: specifying both OnExitCodes and OnPodConditions is not supported',
      ],
    ],
    [
      'with rules for pods that are restarted',
      () =>
        created({
          ...rules({ onExitCodes: { operator: 'NotIn', values: [] } }),
          podReplacementPolicy: 'TerminatingOrFailed',
          template: { spec: { ...template.spec, restartPolicy: 'OnFailure' } },
        }),
      [
        'spec.podFailurePolicy.rules[0].action: Required value: valid values: ["Count" "FailIndex" "FailJob" "Ignore"]',
        'spec.podFailurePolicy.rules[0].onExitCodes.values: Invalid value: []: at least one value is required',
        'spec.podReplacementPolicy: Unsupported value: "TerminatingOrFailed": supported values: "Failed"',
        'spec.template.spec.restartPolicy: Invalid value: "OnFailure": only "Never" is supported when podFailurePolicy is specified',
      ],
    ],
    [
      'that succeeds in odd ways',
      () =>
        created(
          success(
            {},
            { succeededIndexes: '3,1' },
            { succeededIndexes: '0-4', succeededCount: 6 },
            { succeededIndexes: '1-2-3' },
            { succeededIndexes: '5' },
            { succeededIndexes: '2-2' },
            { succeededIndexes: 'x' },
          ),
        ),
      [
        'spec.successPolicy.rules[0]: Required value: at least one of succeededCount or succeededIndexes must be specified',
        'spec.successPolicy.rules[1].succeededIndexes: Invalid value: "3,1": error parsing succeededIndexes: non-increasing order, previous: 3, current: 1',
        'spec.successPolicy.rules[2].succeededCount: Invalid value: 6: must be less than or equal to 5 (the number of specified completions)',
        'spec.successPolicy.rules[2].succeededCount: Invalid value: 6: must be less than or equal to 5 (the number of indexes in the specified succeededIndexes field)',
        'spec.successPolicy.rules[3].succeededIndexes: Invalid value: "1-2-3": error parsing succeededIndexes: the fragment "1-2-3" violates the requirement that an index interval can have at most two parts separated by \'-\'',
        'spec.successPolicy.rules[4].succeededIndexes: Invalid value: "5": error parsing succeededIndexes: too large index: "5"',
        'spec.successPolicy.rules[5].succeededIndexes: Invalid value: "2-2": error parsing succeededIndexes: non-increasing order, previous: 2, current: 2',
        'spec.successPolicy.rules[6].succeededIndexes: Invalid value: "x": error parsing succeededIndexes: cannot convert string to integer for index: "x"',
      ],
    ],
  ]
  for (const [name, job, expected] of rows) it(name, () => assert.deepEqual(complaints(Job, job()), expected))
})

describe('a change of a job', () => {
  const withTemplate = (job: Job, spec: object): Job => ({
    ...job,
    spec: {
      ...job.spec,
      template: { ...job.spec.template, spec: { ...job.spec.template.spec, ...spec } as Job['spec']['template']['spec'] },
    },
  })
  const found = (next: Job, previous: Job) =>
    complaints(Job, next, previous).map(text => text.replace(/: Invalid value: .*: (?=field)/, ': '))
  const immutable = ['spec.template: field is immutable']

  it('of how many run and whether is welcome', () => {
    const job = created()
    const next = {
      ...job,
      spec: { ...job.spec, parallelism: 5, suspend: true, activeDeadlineSeconds: 9, ttlSecondsAfterFinished: 1, backoffLimit: 2 },
    }
    assert.deepEqual(found(next, job), [])
  })

  it('of what it is is refused', () => {
    const job = created()
    const next: Job = {
      ...job,
      spec: { ...job.spec, completions: 2, completionMode: 'Indexed', managedBy: 'a.b/c', backoffLimitPerIndex: 1 },
    }
    assert.deepEqual(found(next, job), [
      'spec.completions: Invalid value: 2: can only be modified in tandem with spec.parallelism',
      'spec.completionMode: field is immutable',
      'spec.backoffLimitPerIndex: field is immutable',
      'spec.managedBy: field is immutable',
    ])
    assert.deepEqual(found(withTemplate(job, { hostname: 'x' }), job), immutable)
  })

  it('of the size of an indexed one goes with its parallelism', () => {
    const job = created({ completionMode: 'Indexed', completions: 3, parallelism: 3 })
    const sized = (completions: number, parallelism: number): Job => ({ ...job, spec: { ...job.spec, completions, parallelism } })
    assert.deepEqual(found(sized(5, 5), job), [])
    assert.deepEqual(found(sized(5, 4), job), ['spec.completions: Invalid value: 5: can only be modified in tandem with spec.parallelism'])
  })

  const placement = { nodeSelector: { zone: 'a' }, tolerations: [{ key: 'k', operator: 'Exists' }], schedulingGates: [{ name: 'g' }] }
  const resources = { containers: [{ ...container, resources: { requests: { cpu: '2' } } }] }
  const status = { startTime: '2026-01-01T00:00:00Z' }
  const suspended = { ...status, conditions: [{ type: 'Suspended', status: 'True' }] }
  const rows: readonly (readonly [name: string, held: Job, change: object, expected: readonly string[]])[] = [
    ['where a held one runs', created({ suspend: true }), placement, []],
    ['where one that is not held runs', created(), placement, immutable],
    ['where one that had begun runs', created({ suspend: true }, { status }), placement, immutable],
    ['where one that had begun and is at rest runs', created({ suspend: true }, { status: suspended }), placement, []],
    [
      'where one whose pods are still going runs',
      created({ suspend: true }, { status: { ...suspended, active: 1 } }),
      placement,
      immutable,
    ],
    ['what it runs', created({ suspend: true }), { containers: [{ ...container, image: 'other' }] }, immutable],
    [
      'its affinity to nodes',
      created({ suspend: true }),
      { affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{}] } } } },
      [],
    ],
    ['its affinity to pods', created({ suspend: true }), { affinity: { podAffinity: {} } }, immutable],
  ]
  for (const [name, job, change, expected] of rows) {
    it(`of ${name} is ${expected.length > 0 ? 'refused' : 'welcome'}`, () =>
      assert.deepEqual(found(withTemplate(job, change), job), expected))
  }

  it('of the resources of a held one is welcome', () => {
    const job = created({ suspend: true })
    const next = withTemplate(job, {
      containers: job.spec.template.spec?.containers.map(c => ({
        ...c,
        ...resources.containers[0],
        imagePullPolicy: c.imagePullPolicy,
        terminationMessagePath: c.terminationMessagePath,
        terminationMessagePolicy: c.terminationMessagePolicy,
      })),
    })
    assert.deepEqual(found(next, job), [])
  })
})

describe('a status', () => {
  const start = '2026-01-01T00:00:00Z'
  const end = '2026-01-01T00:01:00Z'
  const condition = (...types: string[]) => types.map(type => ({ type, status: 'True' }))
  const done = { startTime: start, completionTime: end, succeeded: 1, conditions: condition('SuccessCriteriaMet', 'Complete') }
  type Status = NonNullable<Wish['status']>
  const rows: readonly (readonly [name: string, status: Status, previous: Status, expected: readonly string[], spec?: Spec])[] = [
    ['of a job that is done', done, { startTime: start }, []],
    ['of a job that failed', { startTime: start, failed: 7, conditions: condition('FailureTarget', 'Failed') }, { failed: 6 }, []],
    [
      'with numbers below zero',
      { active: -1, ready: -1 },
      {},
      [
        'status.active: Invalid value: -1: must be greater than or equal to 0',
        'status.ready: Invalid value: -1: must be greater than or equal to 0',
      ],
    ],
    [
      'that is done and not',
      { conditions: condition('Complete', 'Failed') },
      {},
      [
        'status.conditions: Invalid value: cannot set Complete=True and Failed=true conditions',
        'status.completionTime: Required value: completionTime is required for Complete jobs',
        'status.startTime: Required value: startTime is required for finished job',
      ],
    ],
    [
      'that ends with pods left',
      { ...done, active: 1, uncountedTerminatedPods: { failed: ['a', 'a', ''] } },
      {},
      [
        'status.uncountedTerminatedPods.failed[1]: Duplicate value: "a"',
        'status.uncountedTerminatedPods.failed[2]: Invalid value: "": must not be empty',
        'status.active: Invalid value: 1: active>0 is invalid for finished job',
        'status.uncountedTerminatedPods: Invalid value: {"failed":["a","a",""]}: uncountedTerminatedPods needs to be empty for finished job',
      ],
    ],
    [
      'that ends before it begins',
      { ...done, completionTime: start, startTime: end },
      { startTime: end },
      ['status.completionTime: Invalid value: "2026-01-01T00:00:00Z": completionTime cannot be set before startTime'],
    ],
    [
      'that goes on after its end',
      { startTime: end },
      done,
      [
        'status.conditions: Invalid value: cannot disable the SuccessCriteriaMet=True condition',
        'status.conditions: Invalid value: cannot disable the terminal Complete=True condition',
        'status.succeeded: Invalid value: 0: cannot decrease the succeeded counter',
        'status.startTime: Required value: startTime cannot be removed for unsuspended job',
      ],
    ],
    [
      'that says when it was done and is not',
      { completionTime: end },
      {},
      ['status.completionTime: Invalid value: "2026-01-01T00:01:00Z": cannot set completionTime when there is no Complete=True condition'],
    ],
    [
      'with indexes of one that has none',
      { completedIndexes: '0', failedIndexes: '0' },
      {},
      [
        'status.completedIndexes: Invalid value: "0": cannot set non-empty completedIndexes when non-indexed completion mode',
        'status.failedIndexes: Invalid value: "0": cannot set non-null failedIndexes when backoffLimitPerIndex is null',
        'status.failedIndexes: Invalid value: "0": failedIndexes and completedIndexes overlap at index: 0',
      ],
    ],
    [
      'with indexes out of order',
      { completedIndexes: '3,1', failedIndexes: '9' },
      {},
      [
        'status.completedIndexes: Invalid value: "3,1": error parsing completedIndexes: non-increasing order, previous: 3, current: 1',
        'status.failedIndexes: Invalid value: "9": error parsing failedIndexes: too large index: "9"',
      ],
      { completionMode: 'Indexed', completions: 5, backoffLimitPerIndex: 1 },
    ],
    ['with what was wrong before', { completedIndexes: '9', active: 1 }, { completedIndexes: '9' }, []],
  ]
  for (const [name, status, previous, expected, spec] of rows) {
    it(name, () => {
      const errors: readonly FieldError[] = Job.validateStatus?.(created(spec, { status }), created(spec, { status: previous })) ?? []
      assert.deepEqual(errors.map(fieldErrorMessage), expected)
    })
  }
})

describe('a job in a table', () => {
  const base = { Name: 'a', Age: '5m', Containers: 'c', Images: 'i:1', Selector: 'batch.kubernetes.io/controller-uid=uid-1' }
  const rows: readonly (readonly [name: string, job: Job, expected: object])[] = [
    ['before it begins', created(), { Status: 'Running', Completions: '0/1', Duration: '' }],
    [
      'while it runs',
      created({ parallelism: 3 }, { status: { startTime: '2026-01-01T00:03:00Z', succeeded: 0 } }),
      { Status: 'Running', Completions: '0/1 of 3', Duration: '2m' },
    ],
    [
      'when it is done',
      created(
        { completions: 2 },
        {
          status: {
            startTime: '2026-01-01T00:00:00Z',
            completionTime: '2026-01-01T00:00:42Z',
            succeeded: 2,
            conditions: [{ type: 'Complete', status: 'True' }],
          },
        },
      ),
      { Status: 'Complete', Completions: '2/2', Duration: '42s' },
    ],
    [
      'when it is held',
      created({}, { status: { conditions: [{ type: 'Suspended', status: 'True' }] } }),
      { Status: 'Suspended', Completions: '0/1', Duration: '' },
    ],
  ]
  for (const [name, job, expected] of rows) it(name, () => assert.deepEqual(row(Job, job), { ...base, ...expected }))

  it('is selected by its success', () => {
    assert.equal(Job.selectField(created({}, { status: { succeeded: 3 } }), 'status.successful'), '3')
    assert.equal(Job.selectField(created(), 'status.successful'), '0')
  })
})
