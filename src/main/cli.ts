// The command `cox`: its commands, wired to this process, this machine and this user.
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Cli } from '../cli/command.ts'
import { allCommands } from '../cli/commands.ts'
import { invokingUser } from '../cli/invoking-user.ts'
import { runProgram } from '../cli/program.ts'
import { StepLines } from '../cli/progress.ts'
import { rootsFromEnv } from '../cluster/layout.ts'
import { Phases } from '../cluster/phases.ts'
import { stopSignal } from './stop-signal.ts'

/** Bundled, the daemons lie beside this file; from sources they are its neighbours of the same folder. */
function program(bundled: string, source: string): string {
  const url = new URL(bundled, import.meta.url)
  return fileURLToPath(existsSync(url) ? url : new URL(source, import.meta.url))
}

function packageVersion(): string {
  const file = ['../package.json', '../../package.json'].map(path => new URL(path, import.meta.url)).find(url => existsSync(url))
  return file === undefined ? 'unknown' : JSON.parse(readFileSync(file, 'utf8')).version
}

const signal = stopSignal()
const progress = new StepLines({ isTerminal: process.stderr.isTTY === true, write: text => void process.stderr.write(text) })
const cli: Cli = {
  roots: rootsFromEnv(process.env),
  programs: {
    node: process.execPath,
    controlPlane: program('./control-plane.mjs', './control-plane-process.ts'),
    agent: program('./agent.mjs', './agent.ts'),
  },
  version: packageVersion(),
  env: process.env,
  user: invokingUser(process.env),
  progress,
  phases: new Phases(progress, signal),
  signal,
  out: line => void process.stdout.write(`${line}\n`),
  note: line => void process.stderr.write(`${line}\n`),
}
const output = { out: (text: string) => void process.stdout.write(text), err: (text: string) => void process.stderr.write(text) }
process.exitCode = await runProgram(allCommands, process.argv.slice(2), cli, output)
// A phase that was given up may still be waiting for something.
process.exit()
