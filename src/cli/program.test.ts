// What people see of the command line: help and errors, word for word. Set COXSWAIN_UPDATE_GOLDEN=1 to rewrite the files.
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { Phases, silentProgress } from '../cluster/phases.ts'
import type { Cli } from './command.ts'
import { allCommands } from './commands.ts'
import { runProgram } from './program.ts'

let dir = ''
before(() => {
  dir = mkdtempSync(join(tmpdir(), 'cox-cli-'))
})
after(() => rmSync(dir, { recursive: true, force: true }))

/** Runs a line as the shell would, and answers all that is seen of it. */
async function transcript(line: string): Promise<string> {
  const shown: string[] = []
  const write = (text: string) => void shown.push(text)
  const signal = new AbortController().signal
  const cli: Cli = {
    roots: { home: join(dir, 'home'), run: join(dir, 'run') },
    programs: { node: process.execPath, controlPlane: 'none', agent: 'none' },
    version: '1.2.3',
    env: {},
    user: { home: dir, owner: undefined },
    progress: silentProgress,
    phases: new Phases(silentProgress, signal),
    signal,
    out: text => write(`${text}\n`),
    note: text => write(`${text}\n`),
  }
  const words = line.split(' ').filter(word => word !== '')
  const code = await runProgram(allCommands, words, cli, { out: write, err: write })
  return `$ cox ${line}\n${shown.join('').replaceAll(dir, 'DIR')}[exit ${code}]\n`
}

const transcripts = {
  help: ['--help', 'up --help', 'create cluster --help', 'get --help', 'load image --help', 'stop --help', '--version'],
  errors: [
    'frobnicate',
    'create castle',
    'create cluster --wait soon',
    'create cluster --wait -5s',
    'create cluster --name Upper_Case',
    'create cluster --colour red',
    'get nodes',
    'get nodes --name',
    'load image',
    'completion fish',
    'get clusters',
  ],
}

describe('the command line', () => {
  for (const [name, lines] of Object.entries(transcripts))
    it(`shows its ${name} as recorded`, async () => {
      const all: string[] = []
      for (const line of lines) all.push(await transcript(line))
      const seen = all.join('\n')
      const file = join(import.meta.dirname, 'testdata', `${name}.txt`)
      if (process.env['COXSWAIN_UPDATE_GOLDEN'] === '1') writeFileSync(file, seen)
      assert.equal(seen, readFileSync(file, 'utf8'))
    })

  it('completes every command', async () => {
    const script = await transcript('completion bash')
    for (const word of allCommands.flatMap(command => command.words))
      if (word !== 'completion') assert.match(script, new RegExp(`\\b${word}\\b`))
  })

  it('names every wrong place of a configuration', { skip: process.getuid?.() !== 0 && 'needs root' }, async () => {
    const file = join(dir, 'cluster.yml')
    writeFileSync(file, 'kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\nnodes:\n- role: control-plane\n  rolle: x\n- role: king\n')
    const seen = await transcript(`create cluster --config ${file}`)
    assert.match(seen, /cluster\.yml:5:\d+: nodes\[0\]\.rolle: /)
    assert.match(seen, /cluster\.yml:6:\d+: nodes\[1\]\.role: /)
    assert.match(seen, /\nfix: /)
    assert.match(seen, /\[exit 1\]/)
  })
})
