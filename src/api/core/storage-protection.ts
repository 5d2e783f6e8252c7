// The finalizers that keep storage while it is used.
export const claimProtection = 'kubernetes.io/pvc-protection'
export const volumeProtection = 'kubernetes.io/pv-protection'
export const attributesClassProtection = 'kubernetes.io/vac-protection'
