// Deployments: a ReplicaSet for every template there ever was, and the present one's grown as the old ones' shrink.
import { Deployment, type DeploymentCondition, type DeploymentStatus } from '../../api/apps/deployment.ts'
import { ReplicaSet } from '../../api/apps/replica-set.ts'
import { Pod } from '../../api/core/pod.ts'
import { isPodTerminal } from '../../api/core/pod-conditions.ts'
import { keyOf } from '../../api/kind.ts'
import { withFields } from '../../api/sharing.ts'
import { findCondition } from '../../meta/conditions.ts'
import { deepEqual } from '../../meta/deep-equal.ts'
import { controllerOf } from '../../meta/owner-references.ts'
import { nothing, selectorOf } from '../../meta/selector.ts'
import type { StatusError } from '../../meta/status-error.ts'
import { claim, mayAdopt, orphanIndex, type Parent, watchChildren } from '../claims.ts'
import { type Context, nothingToDo, type Outcome, type Reconciler, watch } from '../runtime/reconciler.ts'
import type { View } from '../runtime/view.ts'
import { type Write, write } from '../runtime/writes.ts'
import { desiredReplicas, REVISION, revisionAnnotations } from './annotations.ts'
import { beyondHistory, findNewSet, newSetDraft, newSetName, nextRevision } from './revisions.ts'
import { scaledTo } from './scaling.ts'
import { newSetSize, oldestFirst, oldSetSizes, proportionalSizes } from './sizes.ts'
import { hasDeadline, isComplete, plainStatus, rolloutStatus, untilDeadlineMs, withCondition } from './status.ts'

type Conditions = readonly DeploymentCondition[] | undefined
interface Facts {
  readonly mayAdopt: boolean
}

const deployments: Parent<Deployment> = {
  kind: Deployment,
  selector: ({ spec }) => {
    const result = selectorOf(spec.selector)
    return result.ok && result.selector.requirements.length > 0 ? result.selector : nothing
  },
}

export const deploymentController: Reconciler<Facts> = {
  name: 'deployment-controller',
  watches: [watch(Deployment, deployment => [keyOf(deployment)]), watchChildren(deployments, ReplicaSet), watch(Pod, recreatedBy)],
  indices: [orphanIndex(ReplicaSet)],
  observe: async (key, rim) => ({ mayAdopt: await mayAdopt(deployments, [ReplicaSet], key, rim) }),
  reconcile,
}

/** A Deployment that recreates waits for the last old pod to go. */
function recreatedBy(pod: Pod, view: View): readonly string[] {
  const ofPod = controllerOf(pod)
  if (ofPod?.kind !== ReplicaSet.kind) return []
  const ofSet = controllerOf(view.get(ReplicaSet, `${pod.metadata.namespace}/${ofPod.name}`) ?? pod)
  if (ofSet?.kind !== Deployment.kind) return []
  const deployment = view.get(Deployment, `${pod.metadata.namespace}/${ofSet.name}`)
  return deployment?.spec.strategy.type === 'Recreate' ? [keyOf(deployment)] : []
}

function reconcile(key: string, { view, now, failure, facts }: Context<Facts>): Outcome {
  const deployment = view.get(Deployment, key)
  if (!deployment) return nothingToDo
  if (deployments.selector(deployment) === nothing) return refuse(deployment)
  const { owned, writes } = claim(view, deployments, deployment, ReplicaSet, facts.mayAdopt)
  const plan = new Plan(deployment, owned, now)
  if (deployment.metadata.deletionTimestamp) plan.tell(plainStatus(plan.rollout, deployment.status.conditions))
  else decide(plan, view, failure)
  return { writes: [...writes, ...plan.writes()], requeueAfterMs: plan.requeueAfterMs }
}

function refuse(deployment: Deployment): Outcome {
  const message = 'This deployment is selecting all pods. A non-empty selector is required.'
  const observedGeneration = deployment.metadata.generation
  if (deployment.status.observedGeneration === observedGeneration) return nothingToDo
  return {
    writes: [
      write.event(Deployment, deployment, 'Warning', 'SelectingAll', message),
      write.updateStatus(Deployment, { ...deployment, status: { ...deployment.status, observedGeneration } }),
    ],
  }
}

function decide(plan: Plan, view: View, failure: StatusError | undefined): void {
  const { deployment } = plan
  const conditions = pauseConditions(deployment, plan.now)
  plan.refreshNewSet()
  if (deployment.spec.paused || wasScaled(plan)) {
    rescale(plan)
    if (deployment.spec.paused) plan.cleanUp()
    plan.tell(plainStatus(plan.rollout, conditions))
    return
  }
  const recreates = deployment.spec.strategy.type === 'Recreate'
  if (recreates && !recreate(plan, view)) {
    plan.tellRollout(conditions)
  } else if (!plan.newSet) {
    createNewSet(plan, view, conditions, failure)
  } else {
    if (recreates) plan.scale(plan.newSet, deployment.spec.replicas)
    else roll(plan)
    if (!plan.hasScaled && isComplete(deployment, deployment.status)) plan.cleanUp()
    plan.tellRollout(withFoundSet(plan, conditions))
  }
}

/** One step of a rolling update: the new set grows if it may; else the old ones shrink if they may. */
function roll(plan: Plan): void {
  const { deployment, newSet } = plan
  if (!newSet) return
  const { replicas } = deployment.spec
  plan.scale(newSet, newSet.spec.replicas > replicas ? replicas : newSetSize(deployment, newSet.spec.replicas, plan.all))
  if (plan.hasScaled) return
  for (const [rs, size] of oldSetSizes(deployment, newSet, plan.activeOld)) plan.scale(rs, size)
}

/** Stops the old pods; true when none of them runs any more. */
function recreate(plan: Plan, view: View): boolean {
  for (const rs of plan.activeOld) plan.scale(rs, 0)
  return !plan.hasScaled && !plan.old.some(rs => view.ownedBy(Pod, rs).some(pod => !isPodTerminal(pod)))
}

/** The wanted number was changed: some set was sized for another one. */
function wasScaled({ deployment, all }: Plan): boolean {
  return all.some(rs => rs.spec.replicas > 0 && (desiredReplicas(rs) ?? deployment.spec.replicas) !== deployment.spec.replicas)
}

/** Sizes for a changed number without a step of the rollout: the one set that counts takes it, or all share it. */
function rescale(plan: Plan): void {
  const { deployment, newSet, old, activeOld, all } = plan
  const { replicas } = deployment.spec
  const active = all.filter(rs => rs.spec.replicas > 0)
  const [only, ...others] = active.length > 0 ? active : [newSet ?? old.toSorted(oldestFirst).at(-1)]
  if (others.length === 0) {
    if (only && only.spec.replicas !== replicas) plan.scale(only, replicas, true)
    return
  }
  const isSaturated =
    newSet?.spec.replicas === replicas && desiredReplicas(newSet) === replicas && (newSet.status.availableReplicas ?? 0) === replicas
  if (isSaturated) for (const rs of activeOld) plan.scale(rs, 0)
  else if (deployment.spec.strategy.type === 'RollingUpdate') {
    for (const [rs, size] of proportionalSizes(deployment, active)) plan.scale(rs, size, true)
  }
}

function createNewSet(plan: Plan, view: View, conditions: Conditions, failure: StatusError | undefined): void {
  const { deployment, old, now } = plan
  const { name } = newSetName(deployment)
  const taken = view.get(ReplicaSet, `${deployment.metadata.namespace}/${name}`)
  if (taken) {
    const collisionCount = (deployment.status.collisionCount ?? 0) + 1
    plan.tell({ ...deployment.status, collisionCount })
    return
  }
  const draft = newSetDraft(deployment, old)
  plan.create(draft, name)
  if (failure && failure.reason !== 'Conflict' && failure.reason !== 'AlreadyExists') {
    const message = `Failed to create new replica set "${name}": ${failure.message}`
    const told = hasDeadline(deployment)
      ? withCondition(conditions, 'Progressing', 'False', 'ReplicaSetCreateError', message, now)
      : conditions
    plan.tell(plainStatus(plan.rollout, told))
    return
  }
  const message = `Created new replica set "${name}"`
  const told = hasDeadline(deployment) ? withCondition(conditions, 'Progressing', 'True', 'NewReplicaSetCreated', message, now) : conditions
  plan.tellOnceCreated(plainStatus(plan.rollout, told))
}

function withFoundSet({ deployment, newSet, now }: Plan, conditions: Conditions): Conditions {
  if (!newSet || !hasDeadline(deployment) || findCondition(conditions, 'Progressing')) return conditions
  return withCondition(conditions, 'Progressing', 'True', 'FoundNewReplicaSet', `Found new replica set "${newSet.metadata.name}"`, now)
}

/** A paused rollout makes no progress, and is not blamed for it. */
function pauseConditions(deployment: Deployment, now: number): Conditions {
  const { conditions } = deployment.status
  const reason = findCondition(conditions, 'Progressing')?.reason
  if (!hasDeadline(deployment) || reason === 'ProgressDeadlineExceeded') return conditions
  const isPaused = deployment.spec.paused === true
  if (isPaused && reason !== 'DeploymentPaused') {
    return withCondition(conditions, 'Progressing', 'Unknown', 'DeploymentPaused', 'Deployment is paused', now)
  }
  if (!isPaused && reason === 'DeploymentPaused') {
    return withCondition(conditions, 'Progressing', 'Unknown', 'DeploymentResumed', 'Deployment is resumed', now)
  }
  return conditions
}

/** Collects what becomes of a Deployment's sets, so that each is written once. */
class Plan {
  readonly deployment: Deployment
  readonly now: number
  requeueAfterMs: number | undefined
  hasScaled = false
  readonly #before: readonly ReplicaSet[]
  readonly #after: Map<string, ReplicaSet>
  readonly #newName: string | undefined
  readonly #other: Write[] = []
  #status: DeploymentStatus
  #isStatusConditional = false

  constructor(deployment: Deployment, sets: readonly ReplicaSet[], now: number) {
    this.deployment = deployment
    this.now = now
    this.#before = sets
    this.#after = new Map(sets.map(rs => [rs.metadata.name, rs]))
    this.#newName = findNewSet(deployment, sets)?.metadata.name
    this.#status = deployment.status
  }

  /** The sets as planned so far. */
  get all(): readonly ReplicaSet[] {
    return [...this.#after.values()]
  }
  get newSet(): ReplicaSet | undefined {
    return this.#newName === undefined ? undefined : this.#after.get(this.#newName)
  }
  get old(): readonly ReplicaSet[] {
    return this.all.filter(rs => rs.metadata.name !== this.#newName)
  }
  get activeOld(): readonly ReplicaSet[] {
    return this.old.filter(rs => rs.spec.replicas > 0)
  }
  get rollout() {
    return { deployment: this.deployment, newSet: this.newSet, all: this.all, now: this.now }
  }

  /** The new set bears the latest revision and the Deployment's annotations. */
  refreshNewSet(): void {
    const { newSet, deployment } = this
    if (!newSet) return
    const annotations = revisionAnnotations(deployment, newSet, nextRevision(this.old))
    const same = deepEqual(annotations, newSet.metadata.annotations ?? {})
    const metadata = same ? newSet.metadata : { ...newSet.metadata, annotations }
    const { minReadySeconds } = deployment.spec
    const spec = (newSet.spec.minReadySeconds ?? 0) === (minReadySeconds ?? 0) ? newSet.spec : { ...newSet.spec, minReadySeconds }
    this.#after.set(newSet.metadata.name, withFields(newSet, { metadata, spec }))
  }

  /** `noting`: the sizes that were decided on are noted even when the set's own stays. */
  scale(rs: ReplicaSet, replicas: number, noting = false): void {
    if (rs.spec.replicas === replicas && !noting) return
    if (rs.spec.replicas !== replicas) this.hasScaled = true
    this.#after.set(rs.metadata.name, scaledTo(this.deployment, rs, replicas))
  }
  create(draft: ReturnType<typeof newSetDraft>, name: string): void {
    const { deployment } = this
    const scaled = `Scaled up replica set ${name} from 0 to ${draft.spec.replicas}`
    const failed = (error: StatusError) => `Failed to create new replica set "${name}": ${error.message}`
    this.#other.push(
      write.create(ReplicaSet, draft, {
        ...(draft.spec.replicas > 0 && { done: () => write.event(Deployment, deployment, 'Normal', 'ScalingReplicaSet', scaled) }),
        failed: error => write.event(Deployment, deployment, 'Warning', 'ReplicaSetCreateError', failed(error)),
      }),
    )
  }
  cleanUp(): void {
    for (const rs of beyondHistory(this.deployment, this.old)) this.#other.push(write.delete(ReplicaSet, rs))
  }

  tell(status: DeploymentStatus): void {
    this.#status = status
  }
  tellOnceCreated(status: DeploymentStatus): void {
    this.#status = status
    this.#isStatusConditional = true
  }
  tellRollout(conditions: Conditions): void {
    this.#status = rolloutStatus(this.rollout, conditions)
    this.requeueAfterMs = untilDeadlineMs(this.deployment, this.#status, this.now)
  }

  writes(): readonly Write[] {
    return [...this.#before.flatMap(rs => this.#changeOf(rs)), ...this.#other, ...this.#statusChange()]
  }

  #changeOf(before: ReplicaSet): readonly Write[] {
    const after = this.#after.get(before.metadata.name)
    if (!after || after === before) return []
    const [from, to] = [before.spec.replicas, after.spec.replicas]
    const message = `Scaled ${to > from ? 'up' : 'down'} replica set ${before.metadata.name} from ${from} to ${to}`
    const event = write.event(Deployment, this.deployment, 'Normal', 'ScalingReplicaSet', message)
    return [write.update(ReplicaSet, after), ...(from === to ? [] : [event])]
  }
  /** The Deployment bears its new set's revision, for `kubectl rollout`. It is written with the status, as a write of its own would raise the generation. */
  #metadata(): Deployment['metadata'] {
    const { metadata } = this.deployment
    const revision = this.newSet?.metadata.annotations?.[REVISION]
    const { annotations } = metadata
    if (revision === undefined || annotations?.[REVISION] === revision || metadata.deletionTimestamp) return metadata
    return { ...metadata, annotations: { ...annotations, [REVISION]: revision } }
  }
  #statusChange(): readonly Write[] {
    const metadata = this.#metadata()
    if (metadata === this.deployment.metadata && deepEqual(this.#status, this.deployment.status)) return []
    const next = { ...this.deployment, metadata, status: this.#status }
    return [this.#isStatusConditional ? write.update(Deployment, next, 'status') : write.updateStatus(Deployment, next)]
  }
}
