// Builds the images busybox and nginx from Debian packages, as archives for `cox load image`: node scripts/build-images.ts DIR
import { join } from 'node:path'
import { busyboxImage, busyboxLayer } from '../src/cluster/images/busybox.ts'
import { nginxImages } from '../src/cluster/images/nginx.ts'
import { writeImageArchive } from '../src/cluster/images/oci-image.ts'

const dir = process.argv[2]
if (dir === undefined) {
  console.error('usage: node scripts/build-images.ts DIR')
  process.exit(2)
}
const busybox = await busyboxLayer()
const archives = { 'busybox.tar': [await busyboxImage(busybox)], 'nginx.tar': await nginxImages(busybox) }
for (const [name, images] of Object.entries(archives)) {
  await writeImageArchive(join(dir, name), images)
  console.log(`${join(dir, name)}: ${images.map(image => image.name).join(', ')}`)
}
