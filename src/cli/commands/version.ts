import { command } from '../command.ts'

export const version = command({
  words: ['version'],
  summary: 'print the version',
  arguments: [],
  flags: {},
  async run(cli) {
    cli.out(`cox ${cli.version} (Node.js ${process.versions.node})`)
  },
})
