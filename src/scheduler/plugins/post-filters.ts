// What kube-scheduler's post filters say of a pod that fits nowhere. Pods are not evicted for others yet, so there is nothing but words.
import type { Plugin, Rejection } from '../framework.ts'
import { countReasons, sentence } from '../message.ts'

export const dynamicResources: Plugin = {
  name: 'DynamicResources',
  requeueOn: [],
  postFilter: () => 'no new claims to deallocate',
}

export const defaultPreemption: Plugin = {
  name: 'DefaultPreemption',
  requeueOn: [],
  postFilter: (pod, _snapshot, diagnosis) =>
    pod.spec.preemptionPolicy === 'Never'
      ? 'preemption: not eligible due to preemptionPolicy=Never.'
      : `preemption: ${sentence(diagnosis.nodeCount, countReasons(diagnosis, verdictOn))}`,
}

function verdictOn({ isFinal }: Rejection): readonly string[] {
  return [isFinal ? 'Preemption is not helpful for scheduling' : 'No preemption victims found for incoming pod']
}
