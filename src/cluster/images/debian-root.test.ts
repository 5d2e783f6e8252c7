import assert from 'node:assert/strict'
import { it } from 'node:test'
import { dependencyClosure } from './debian-root.ts'

it('dependencies are followed as far as they are wanted', () => {
  const tree = `web
  Depends: libc6
 |Depends: libssl3
  Depends: <virtual>
    real-one
  PreDepends: dpkg
libc6
  Depends: libgcc-s1
libgcc-s1
  Depends: libc6
libssl3
dpkg
  Depends: libdpkg
libdpkg
`
  assert.deepEqual(
    dependencyClosure(tree, ['web'], name => name.startsWith('lib')),
    ['libc6', 'libgcc-s1', 'libssl3', 'web'],
  )
})
