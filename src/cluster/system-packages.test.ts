import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { installCommand, missingPackages } from './system-packages.ts'

describe('missing packages', () => {
  it('are none when everything is there, and all when nothing is', () => {
    assert.deepEqual(
      missingPackages(() => true),
      [],
    )
    assert.equal(missingPackages(() => false).length, 9)
  })

  it('are those of the missing tools', () => {
    assert.deepEqual(
      missingPackages(tool => !['nft', 'ctr'].includes(tool)),
      ['containerd', 'nftables'],
    )
  })

  it('do not include network plugins that another source has put into /opt/cni/bin', () => {
    assert.deepEqual(
      missingPackages(tool => !tool.startsWith('/usr/lib/cni')),
      [],
    )
  })
})

it('the command can be typed as it is', () => {
  assert.equal(installCommand(['runc', 'nftables']), 'apt-get update && apt-get install --yes --no-install-recommends runc nftables')
})
