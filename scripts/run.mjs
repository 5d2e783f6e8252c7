// What `npm start`, `npm stop`, `npm test` and `npm run bench` do. Plain JavaScript for any Node.js from 16 on: it gets everything else
// ready first (dependencies, Node.js 24, the bundle), each only where it is missing or out of date.
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, statSync } from 'node:fs'
import { constants, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const at = (...path) => join(root, ...path)
const ownNode = at('node_modules', 'node', 'bin', 'node')
const bundle = at('dist', 'cox.mjs')

const tasks = {
  start: words => cox('up', ...words),
  stop: words => cox('down', ...words),
  test,
  async bench(words) {
    await ready()
    return run(node(), [at('bench', 'run.ts'), ...words])
  },
}

let running
let interrupted = false
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
  process.on(signal, () => {
    interrupted = true
    // From a terminal it also comes to the child directly; together they count once.
    if (running) running.kill(signal)
  })

const [task = '', ...words] = process.argv.slice(2)
if (!Object.hasOwn(tasks, task)) fail(`there is no task "${task}"`, `choose one of: ${Object.keys(tasks).join(', ')}`)
process.exitCode = await tasks[task](words)

async function cox(...words) {
  await ready()
  return run(node(), [bundle, ...words])
}

/** Everything that tests make is below one directory, so that what they leave behind, also when interrupted, can be found and removed. */
async function test(words) {
  await ready()
  const isRoot = process.getuid && process.getuid() === 0
  if (isRoot) {
    const installed = await run(node(), [bundle, 'install-packages'])
    if (installed !== 0) return installed
  } else console.error('notice: tests on real nodes need root and are skipped')
  const dir = join(tmpdir(), `ct-${process.pid}`)
  mkdirSync(dir, { recursive: true })
  const env = { ...process.env, TMPDIR: dir, COXSWAIN_HOME: join(dir, 'home'), COXSWAIN_RUN: join(dir, 'run') }
  const files = words.length > 0 ? words : ['src/**/*.test.ts', 'test/**/*.test.ts']
  const code = interrupted ? 130 : await run(node(), ['--test', '--test-concurrency=2', ...files], env)
  const wasInterrupted = interrupted
  interrupted = false
  const swept = await run(node(), [at('scripts', 'sweep.ts'), tmpdir()])
  if (wasInterrupted) return 130
  return code === 0 ? swept : code
}

async function ready() {
  await installDependencies()
  if (!existsSync(bundle) || newest(at('src'), at('scripts', 'build.ts'), at('package-lock.json')) > modified(bundle)) {
    const code = await timed('build', () => run(node(), [at('scripts', 'build.ts')]))
    if (code !== 0) fail('the build failed', 'see the messages above')
  }
}

async function installDependencies() {
  if (modified(at('node_modules', '.package-lock.json')) < modified(at('package-lock.json'))) {
    const code = await timed('dependencies', () => run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], npmEnv()))
    if (code !== 0) fail('npm could not install the dependencies', 'see whether npm reaches its registry, then try again')
  }
  // Some versions of npm run no install scripts, by default or by the user's choice. This one is all we need.
  if (isNewEnough() || existsSync(ownNode)) return
  await timed('Node.js 24', () =>
    run(process.execPath, [at('node_modules', 'node', 'installArchSpecificPackage.js')], npmEnv(), at('node_modules', 'node')),
  )
  if (!existsSync(ownNode)) fail('Node.js 24 could not be installed', 'install it from https://nodejs.org, then try again')
}

/** Without what the npm that runs us set for itself. */
function npmEnv() {
  const env = { ...process.env }
  for (const name of Object.keys(env))
    if (/^npm_(config_(global|prefix|local_prefix|ignore_scripts)|lifecycle|package|command)/.test(name)) delete env[name]
  return env
}

function isNewEnough() {
  return Number(process.versions.node.split('.')[0]) >= 24
}

function node() {
  return isNewEnough() ? process.execPath : ownNode
}

/** Answers the exit code. */
function run(command, args, env = process.env, cwd = root) {
  return new Promise(resolve => {
    const child = spawn(command, args, { cwd, env, stdio: 'inherit' })
    running = child
    child.once('error', error => {
      console.error(`error: ${command}: ${error.message}`)
      resolve(1)
    })
    child.once('exit', (code, signal) => {
      running = undefined
      resolve(code === null ? 128 + (constants.signals[signal] || 0) : code)
    })
  })
}

async function timed(name, work) {
  const begin = Date.now()
  const result = await work()
  if (result === 0) console.error(` ✓ ${name.padEnd(24)} ${((Date.now() - begin) / 1000).toFixed(2)} s`)
  return result
}

/** In milliseconds; 0 where there is no such file. */
function modified(path) {
  return existsSync(path) ? statSync(path).mtimeMs : 0
}

function newest(...paths) {
  const times = paths.map(path =>
    statSync(path).isDirectory() ? newest(...readdirSync(path).map(name => join(path, name))) : modified(path),
  )
  return Math.max(0, ...times)
}

function fail(what, fix) {
  console.error(`error: ${what}\nfix: ${fix}`)
  process.exit(interrupted ? 130 : 1)
}
