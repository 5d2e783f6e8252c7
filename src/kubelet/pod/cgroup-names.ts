// Where a pod's cgroup is: kubepods[/burstable|/besteffort]/pod<uid>, below the node's own cgroup.
import type { QosClass } from './qos.ts'

export function qosCgroup(cgroupRoot: string, qos: QosClass): string {
  const base = `${cgroupRoot}/kubepods`
  return qos === 'Guaranteed' ? base : `${base}/${qos.toLowerCase()}`
}
export function podCgroup(cgroupRoot: string, qos: QosClass, uid: string): string {
  return `${qosCgroup(cgroupRoot, qos)}/pod${uid}`
}
