// An nginx image made of Debian's packages, laid out as people know it from Docker Hub: port 80, pages in /usr/share/nginx/html,
// configuration in /etc/nginx/conf.d, logs on stdout and stderr. Its shell and small tools are those of the busybox layer below it.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { unpackPackages } from './debian-root.ts'
import { type Blob, entriesOf, packLayer } from './layer.ts'
import type { Image } from './oci-image.ts'

/** The same image by two names, so that a rolling update has something to roll to. */
export const nginxImageNames = ['docker.io/library/nginx:latest', 'docker.io/library/nginx:1.22']

const config = `user www-data;
worker_processes auto;
pid /run/nginx.pid;
error_log /dev/stderr notice;
events { worker_connections 768; }
http {
  include /etc/nginx/mime.types;
  default_type application/octet-stream;
  access_log /dev/stdout combined;
  sendfile on;
  keepalive_timeout 65;
  include /etc/nginx/conf.d/*.conf;
}
`

const site = `server {
  listen 80;
  server_name localhost;
  location / {
    root /usr/share/nginx/html;
    index index.html index.htm;
  }
}
`

export async function nginxImages(busybox: Blob): Promise<Image[]> {
  const layer = await nginxLayer()
  const config = {
    Cmd: ['nginx', '-g', 'daemon off;'],
    Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
    ExposedPorts: { '80/tcp': {} },
    StopSignal: 'SIGQUIT',
  }
  return nginxImageNames.map(name => ({ name, layers: [busybox, layer], config }))
}

async function nginxLayer(): Promise<Blob> {
  const work = mkdtempSync(join(tmpdir(), 'nginx-image-'))
  try {
    const root = join(work, 'root')
    await unpackPackages(['nginx', 'nginx-common'], name => /^(lib|zlib|nginx)/.test(name) && !name.startsWith('libnginx-mod'), work, root)
    for (const dir of ['etc/nginx/conf.d', 'run', 'var/lib/nginx', 'var/log/nginx']) mkdirSync(join(root, dir), { recursive: true })
    writeFileSync(join(root, 'etc/nginx/nginx.conf'), config)
    writeFileSync(join(root, 'etc/nginx/conf.d/default.conf'), site)
    return await packLayer(entriesOf(root, isUnneeded))
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

/** What only an installed system uses: documentation, services, character set conversions. */
function isUnneeded(path: string): boolean {
  return /^(etc\/(default|init\.d|logrotate\.d|ufw|nginx\/(sites|modules)-.*)|(usr\/)?lib\/(systemd|modules)|usr\/lib\/[^/]+\/(gconv|audit)|usr\/share\/(doc|man|lintian|locale|gdb|vim|apport)|var\/www)(\/|$)/.test(
    path,
  )
}
