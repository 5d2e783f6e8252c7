// Which part a container plays in its pod.
import type { Container, ContainerRestartRule } from './container.ts'
import type { AnyContainer } from './each-container.ts'

/** An init container that keeps running beside the ordinary ones. */
export function isSidecar(container: Pick<Container, 'restartPolicy'>): boolean {
  return container.restartPolicy === 'Always'
}

/** Of the rules that go over a container's policy, the first that the exit code meets. */
export function matchingRule(container: AnyContainer, exitCode: number): ContainerRestartRule | undefined {
  return container.restartPolicyRules?.find(({ exitCodes }) => {
    const { operator, values = [] } = exitCodes ?? {}
    return operator === 'In' ? values.includes(exitCode) : operator === 'NotIn' && !values.includes(exitCode)
  })
}
