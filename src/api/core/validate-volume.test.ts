import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Draft } from '../../schema/schema.ts'
import { complaints, stored } from '../testkit.ts'
import type { Container } from './container.ts'
import { Pod } from './pod.ts'
import type { PodSpec } from './pod-spec.ts'
import type { Volume } from './volume.ts'

const main: Draft<Container> = { name: 'a', image: 'i' }
const withVolume = (volume: Draft<Volume>): Draft<PodSpec> => ({ containers: [main], volumes: [{ name: 'v', ...volume }] })

const cases: readonly (readonly [name: string, spec: Draft<PodSpec>, expected: readonly string[]])[] = [
  [
    'files of the pod that say nothing, or too much',
    withVolume({
      downwardAPI: {
        items: [
          { path: '../a', fieldRef: { fieldPath: 'spec.x' } },
          { path: 'b' },
          { path: 'c', fieldRef: { fieldPath: 'metadata.name' }, resourceFieldRef: { resource: 'limits.cpu', containerName: 'a' } },
        ],
      },
    }),
    [
      'spec.volumes[0].downwardAPI.path: Invalid value: "../a": must not contain \'..\'',
      'spec.volumes[0].downwardAPI.fieldRef.fieldPath: Invalid value: "spec.x": error converting fieldPath: field label not supported: spec.x',
      'spec.volumes[0].downwardAPI: Required value: one of fieldRef and resourceFieldRef is required',
      'spec.volumes[0].downwardAPI: Invalid value: "resource": fieldRef and resourceFieldRef can not be specified simultaneously',
    ],
  ],
  [
    'a disk without its name',
    withVolume({ gcePersistentDisk: { pdName: '', partition: 256 } }),
    [
      'spec.volumes[0].persistentDisk.pdName: Required value',
      'spec.volumes[0].persistentDisk.partition: Invalid value: 256: must be between 1 and 255, inclusive',
    ],
  ],
  [
    'two sources',
    withVolume({ emptyDir: {}, hostPath: { path: '/a' } }),
    ['spec.volumes[0].hostPath: Forbidden: may not specify more than 1 volume type'],
  ],
  [
    'a path of the host that goes up',
    withVolume({ hostPath: { path: '/a/../b' } }),
    ['spec.volumes[0].hostPath.path: Invalid value: "/a/../b": must not contain \'..\''],
  ],
  [
    'certificates and bundles in a projection',
    withVolume({
      projected: {
        sources: [
          { podCertificate: { signerName: 'a', keyType: 'X', maxExpirationSeconds: 5 } },
          { clusterTrustBundle: { name: 'a', signerName: 'b/c', path: '' } },
          { secret: {}, configMap: {} },
        ],
      },
    }),
    [
      'spec.volumes[0].projected.sources[0].podCertificate.signerName: Invalid value: "a": must be a fully qualified domain and path of the form \'example.com/signer-name\'',
      'spec.volumes[0].projected.sources[0].podCertificate.keyType: Unsupported value: "X": supported values: "RSA3072", "RSA4096", "ECDSAP256", "ECDSAP384", "ECDSAP521", "ED25519"',
      'spec.volumes[0].projected.sources[0].podCertificate.maxExpirationSeconds: Invalid value: 5: if provided, maxExpirationSeconds must be >= 3600',
      'spec.volumes[0].projected.sources[0].podCertificate: Required value: specify at least one of credentialBundlePath, keyPath, and certificateChainPath',
      'spec.volumes[0].projected.sources[1].clusterTrustBundle: Invalid value: {"name":"a","signerName":"b/c","path":""}: only one of name and signerName may be used',
      'spec.volumes[0].projected.sources[1].clusterTrustBundle.path: Required value',
      'spec.volumes[0].projected.sources[2].secret.name: Required value',
      'spec.volumes[0].projected.sources[2].configMap.name: Required value',
      'spec.volumes[0].projected.sources[2]: Forbidden: may not specify more than 1 volume type per source',
    ],
  ],
  [
    'a claim of its own with a name',
    withVolume({
      ephemeral: {
        volumeClaimTemplate: {
          metadata: { name: 'x', labels: { 'a b': 'c' } },
          spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1' } } },
        },
      },
    }),
    [
      'spec.volumes[0].ephemeral.volumeClaimTemplate.metadata.labels: Invalid value: "a b": name part …',
      'spec.volumes[0].ephemeral.volumeClaimTemplate.metadata.name: Forbidden: cannot be set',
    ],
  ],
  [
    'a mount of a volume that is wrong',
    { containers: [{ ...main, volumeMounts: [{ name: 'v', mountPath: '/a' }] }], volumes: [{ name: 'V', emptyDir: {} }] },
    ['spec.volumes[0].name: Invalid value: "V": a lowercase RFC 1123 label …', 'spec.containers[0].volumeMounts[0].name: Not found: "v"'],
  ],
  [
    'devices',
    {
      containers: [
        {
          ...main,
          volumeDevices: [
            { name: 'v', devicePath: '../d' },
            { name: 'v', devicePath: '/e' },
            { name: 'w', devicePath: '/e' },
          ],
        },
      ],
      volumes: [
        { name: 'v', persistentVolumeClaim: { claimName: 'c' } },
        { name: 'w', emptyDir: {} },
      ],
    },
    [
      'spec.containers[0].volumeDevices[0].devicePath: Invalid value: "../d": can not contain backsteps (\'..\')',
      'spec.containers[0].volumeDevices[1].name: Invalid value: "v": must be unique',
      'spec.containers[0].volumeDevices[2].name: Invalid value: "w": can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode',
      'spec.containers[0].volumeDevices[2].devicePath: Invalid value: "/e": must be unique',
    ],
  ],
  [
    'mounts',
    {
      containers: [
        {
          ...main,
          volumeMounts: [
            { name: '', mountPath: '' },
            { name: 'v', mountPath: '/a', subPath: '../x' },
            { name: 'v', mountPath: '/b', subPath: 'a', subPathExpr: 'b' },
            { name: 'v', mountPath: '/c', recursiveReadOnly: 'Enabled' },
            { name: 'v', mountPath: '/d', mountPropagation: 'Bidirectional' },
          ],
        },
      ],
      volumes: [{ name: 'v', emptyDir: {} }],
    },
    [
      'spec.containers[0].volumeMounts[0].name: Required value',
      'spec.containers[0].volumeMounts[0].name: Not found: ""',
      'spec.containers[0].volumeMounts[0].mountPath: Required value',
      'spec.containers[0].volumeMounts.subPath: Invalid value: "../x": must not contain \'..\'',
      'spec.containers[0].volumeMounts[2].subPathExpr: Invalid value: "b": subPathExpr and subPath are mutually exclusive',
      'spec.containers[0].volumeMounts.recursiveReadOnly: Forbidden: may only be specified when readOnly is true',
      'spec.containers[0].volumeMounts.mountPropagation: Forbidden: Bidirectional mount propagation is available only to privileged containers',
    ],
  ],
]

describe('validation of volumes', () => {
  for (const [name, spec, expected] of cases) it(name, () => assert.deepEqual(complaints(Pod, stored(Pod, { spec })), expected))
})
