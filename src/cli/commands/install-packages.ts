import { installPackages, missingPackages } from '../../cluster/system-packages.ts'
import { checkPackages } from '../checks.ts'
import { type Cli, command } from '../command.ts'

export const installMissing = command({
  words: ['install-packages'],
  summary: 'install the system packages that a node needs and that are missing (apt)',
  arguments: [],
  flags: {},
  run: ensurePackages,
})

/** As root, installs what is missing; otherwise says how. */
export async function ensurePackages(cli: Cli): Promise<void> {
  const missing = missingPackages()
  if (missing.length > 0 && process.getuid?.() === 0) {
    cli.note(`Installing the packages that a node needs: ${missing.join(' ')}`)
    const fix = 'see that apt works, and whether the machine reaches its package mirror'
    await cli.phases.run({ name: 'system packages', deadlineMs: 600_000, fix }, signal => installPackages(missing, signal))
  }
  checkPackages()
}
