// Which release of Kubernetes every component says it is, as clients check it.

export const kubernetesVersion = 'v1.36.0'
