// Bundles the command into dist/: one file that starts fast, those of its daemons, and the workers of the store and of YAML beside them.
// Files that run now are replaced only by a build that has succeeded.
import { mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'

const dist = join(import.meta.dirname, '..', 'dist')
const fresh = join(dist, `.new-${process.pid}`)
const source = (path: string) => join(import.meta.dirname, '..', 'src', path)

mkdirSync(fresh, { recursive: true })
try {
  await build({
    entryPoints: {
      cox: source('main/cli.ts'),
      agent: source('main/agent.ts'),
      'control-plane': source('main/control-plane-process.ts'),
      'sqlite-worker': source('store/sqlite-worker.ts'),
      'yaml-worker': source('server/yaml-worker.ts'),
    },
    outdir: fresh,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    // Bundled CommonJS packages ask for `require`.
    banner: { js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);" },
    minifySyntax: true,
    minifyWhitespace: true,
    keepNames: true,
    logLevel: 'warning',
  })
  for (const name of readdirSync(fresh)) renameSync(join(fresh, name), join(dist, name))
} catch {
  // esbuild has shown its messages.
  process.exitCode = 1
} finally {
  rmSync(fresh, { recursive: true, force: true })
}
