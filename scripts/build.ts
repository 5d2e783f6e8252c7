// Bundles the command into dist/: one file that starts fast, and the store's worker beside it.
import { rmSync } from 'node:fs'
import { build } from 'esbuild'

rmSync('dist', { recursive: true, force: true })
await build({
  entryPoints: {
    cox: 'src/main/cli.ts',
    agent: 'src/main/agent.ts',
    'control-plane': 'src/main/control-plane-process.ts',
    'sqlite-worker': 'src/store/sqlite-worker.ts',
  },
  outdir: 'dist',
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
