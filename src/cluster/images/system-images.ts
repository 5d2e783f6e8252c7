// The images that every node gets when it starts: pause, busybox and the demo, in one archive, since one import is cheaper than three and
// busybox and the demo share a layer. The archive is made once and again whenever its parts changed.
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { busyboxImage, busyboxLayer } from './busybox.ts'
import { demoImage } from './demo.ts'
import { type Image, writeImageArchive } from './oci-image.ts'
import { pauseImage } from './pause.ts'

/** The archive's file in `cacheDir`, named after what is in it. */
export async function systemImageArchive(cacheDir: string): Promise<string> {
  const images = await systemImages()
  const digest = createHash('sha256')
    .update(JSON.stringify(images, (key, value) => (key === 'bytes' ? undefined : value)))
    .digest('hex')
  const name = `system-${digest.slice(0, 12)}.tar`
  const file = join(cacheDir, name)
  if (existsSync(file)) return file
  await writeImageArchive(file, images)
  for (const other of readdirSync(cacheDir))
    if (/^system-[0-9a-f]+\.tar$/.test(other) && other !== name) rmSync(join(cacheDir, other), { force: true })
  return file
}

export async function systemImages(): Promise<Image[]> {
  const busybox = await busyboxLayer()
  return Promise.all([pauseImage(), busyboxImage(busybox), demoImage(busybox)])
}
