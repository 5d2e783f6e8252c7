// The demo's image: busybox with a small web server on port 8080 whose page names the pod that answered.
import { type Blob, packLayer } from './layer.ts'
import type { Image } from './oci-image.ts'

export const demoImageName = 'coxswain.local/demo:1'
export const demoPort = 8080

/** The page is a CGI program, so that it shows what is true at the time of the request. */
const page = `#!/bin/sh
printf 'Content-Type: text/html; charset=utf-8\\r\\nCache-Control: no-store\\r\\n\\r\\n'
cat <<END
<!doctype html>
<meta charset="utf-8">
<title>Coxswain</title>
<style>body { font: 1.2rem system-ui, sans-serif; margin: 4rem auto; max-width: 36rem }</style>
<h1>Hello from Coxswain</h1>
<p>This page comes from the pod <strong>$(hostname)</strong>.</p>
<p>Up for $(cut -d. -f1 /proc/uptime) seconds on kernel $(uname -r).</p>
END
`

/** As process 1, a shell gets SIGTERM only because it has a trap for it. */
const start = `#!/bin/sh
trap 'kill $server; exit 0' TERM INT
echo "$(hostname) listens on port ${demoPort}"
httpd -f -v -p ${demoPort} -h /www &
server=$!
wait $server
`

export async function demoImage(busybox: Blob): Promise<Image> {
  const layer = await packLayer([
    { path: 'start', kind: 'file', content: start, mode: 0o755 },
    { path: 'www', kind: 'directory' },
    { path: 'www/cgi-bin', kind: 'directory' },
    // The server's answer to a request for a directory without an index file.
    { path: 'www/cgi-bin/index.cgi', kind: 'file', content: page, mode: 0o755 },
  ])
  const config = { Entrypoint: ['/start'], Env: ['PATH=/bin:/usr/bin'], ExposedPorts: { [`${demoPort}/tcp`]: {} } }
  return { name: demoImageName, layers: [busybox, layer], config }
}
