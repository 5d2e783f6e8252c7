// The pod that is created over and over: two containers with probes, resources, variables and volumes, as an application has.

export function loadPod(namespace: string, name: string): object {
  const probe = (path: string, initialDelaySeconds: number) => ({
    httpGet: { path, port: 'web', scheme: 'HTTP' },
    initialDelaySeconds,
    periodSeconds: 10,
    timeoutSeconds: 2,
    failureThreshold: 3,
  })
  const app = {
    name: 'shop',
    image: 'images.example.org/shop/frontend:v2.14.3',
    imagePullPolicy: 'IfNotPresent',
    args: ['--address=:8080', '--verbosity=2'],
    ports: [
      { name: 'web', containerPort: 8080, protocol: 'TCP' },
      { name: 'metrics', containerPort: 9102, protocol: 'TCP' },
    ],
    env: [
      { name: 'NAME', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.name' } } },
      { name: 'STORE_ADDRESS', value: 'store.data.svc.cluster.local' },
      { name: 'STORE_PASSWORD', valueFrom: { secretKeyRef: { name: 'store', key: 'password' } } },
    ],
    resources: { requests: { cpu: '100m', memory: '64Mi' }, limits: { cpu: '500m', memory: '256Mi' } },
    readinessProbe: probe('/ready', 5),
    livenessProbe: probe('/alive', 15),
    volumeMounts: [
      { name: 'settings', mountPath: '/etc/shop', readOnly: true },
      { name: 'cache', mountPath: '/var/cache/shop' },
    ],
  }
  const proxy = {
    name: 'proxy',
    image: 'images.example.org/mesh/proxy:1.8.0',
    imagePullPolicy: 'IfNotPresent',
    env: [{ name: 'TARGET', value: '127.0.0.1:8080' }],
    resources: { requests: { cpu: '20m', memory: '32Mi' } },
    volumeMounts: [{ name: 'settings', mountPath: '/etc/proxy', readOnly: true }],
  }
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace,
      labels: { app: 'shop', tier: 'web', [countLabel]: '0' },
      annotations: { 'example.org/owner': 'shop-team' },
    },
    spec: {
      restartPolicy: 'Always',
      terminationGracePeriodSeconds: 30,
      dnsPolicy: 'ClusterFirst',
      // Nobody schedules it: what the server does is measured, not what others do with it.
      schedulerName: 'none',
      securityContext: { runAsNonRoot: true, runAsUser: 10001, fsGroup: 10001 },
      containers: [app, proxy],
      volumes: [
        { name: 'settings', configMap: { name: 'shop', defaultMode: 420 } },
        { name: 'cache', emptyDir: {} },
      ],
    },
  }
}

/** What patches change. */
export const countLabel = 'load-count'
