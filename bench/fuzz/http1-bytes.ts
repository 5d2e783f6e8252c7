// HTTP/1.1 that is none: lengths that lie, heads that break off, methods and lines that nobody sends, upgrades to what is not there.
import type { Random } from './random.ts'

const pod = '/api/v1/namespaces/test/pods/x'
const key = 'dGhlIHNhbXBsZSBub25jZQ=='

function head(method: string, target: string, ...lines: readonly string[]): string {
  return [`${method} ${target} HTTP/1.1`, 'Host: x', ...lines, '', ''].join('\r\n')
}

const json = 'Content-Type: application/json'
const upgrade = (random: Random, ...lines: readonly string[]): string =>
  head(
    random.pick(['GET', 'POST', 'GET', 'PUT']),
    random.pick([
      `${pod}/exec?command=ls&stdout=true`,
      `${pod}/attach?stdin=1`,
      `${pod}/portforward?ports=80`,
      `${pod}/proxy/`,
      pod,
      '/api/v1/pods?watch=1&timeoutSeconds=1',
      '/livez',
      '/nothing',
      '/apis/away.example.com/v1/x',
      '/api/v1/nodes/x/proxy/run',
    ]),
    'Connection: Upgrade',
    ...lines,
  )

/** What is written at once; bodies may be shorter or longer than they say. */
export function http1Bytes(random: Random): Buffer[] {
  const text = random.do<string | readonly (string | Buffer)[]>(
    () =>
      head('POST', '/api/v1/namespaces/test/configmaps', json, `Content-Length: ${random.pick([1, 100, 4_000_000, 9e15])}`) +
      '{"kind":"ConfigMap"}',
    () => `${head('POST', '/api/v1/namespaces/test/configmaps', json, 'Content-Length: 2')}{}GET / HTTP/1.1\r\n\r\n`,
    () =>
      `${head(
        'POST',
        '/api/v1/namespaces/test/configmaps',
        json,
        `Content-Length: ${random.pick(['-1', 'x', '', '0x10', '1e3', '99999999999999999999', '1, 2'])}`,
      )}{}`,
    () => `${head('POST', '/api/v1/pods', json, 'Content-Length: 2', 'Content-Length: 3')}{}{`,
    () => `${head('POST', '/api/v1/pods', json, 'Transfer-Encoding: chunked', 'Content-Length: 3')}5\r\nhello\r\n0\r\n\r\n`,
    () =>
      head('POST', '/api/v1/namespaces/test/pods', json, 'Transfer-Encoding: chunked') +
      random.pick([
        'zz\r\n',
        'ffffffffffffffff\r\nx',
        '2\r\n{}\r\n',
        '2\r\n{}\r\n0\r\nX: y\r\n\r\n',
        '-1\r\n',
        `1;${'a'.repeat(20_000)}\r\n{`,
      ]),
    () => `${head('POST', '/api/v1/namespaces/test/pods', json, 'Transfer-Encoding: gzip, x')}x`,
    () => head('PUT', `${pod}/status`, json, 'Expect: 100-continue', 'Content-Length: 10'),
    () => `${head('POST', '/api/v1/namespaces/test/pods', json, 'Expect: x', 'Content-Length: 2')}{}`,
    () =>
      head(
        'GET',
        '/livez',
        random.pick([
          'no colon',
          ': empty',
          ' : x',
          'A\u0000: b',
          'A: b\u0000',
          'A:\r\n folded',
          'A b: c',
          `A: ${'b'.repeat(70_000)}`,
          `${'A'.repeat(70_000)}: b`,
        ]),
      ),
    () => head('GET', '/livez', ...Array.from({ length: 3_000 }, (_, i) => `A${i}: b`)),
    () =>
      `${random.pick(['get', 'G\u0000T', '', 'A'.repeat(5_000), 'PRI', 'CONNECT', '(', 'M-SEARCH', 'TRACE'])} ${random.pick(['/', '*', '', 'http://x/livez', 'x:1', '//', '/%', '/\u00ff', `/${'a'.repeat(70_000)}`])} HTTP/${random.pick(['1.1', '1.0', '2.0', '0.9', '9.9', 'x'])}\r\nHost: x\r\n\r\n`,
    () => 'GET /livez HTTP/1.1\nHost: x\n\n',
    () => 'GET /livez\r\n\r\n',
    () => 'GET /livez HTTP/1.1\r\n\r\n',
    () => 'GET /livez HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n',
    () => head('GET', '/livez').repeat(random.pick([2, 50, 2_000])),
    () => head('GET', '/api/v1/pods?watch=1&timeoutSeconds=1') + head('GET', '/livez'),
    () => [head('GET', '/livez').slice(0, 20 + random.below(10))],
    () => [random.bytes(1 + random.below(500))],
    () => [head('POST', '/api/v1/namespaces/test/pods', json, 'Content-Length: 300'), random.bytes(300)],
    () =>
      upgrade(
        random,
        'Upgrade: websocket',
        `Sec-WebSocket-Key: ${random.pick([key, '', 'x'])}`,
        `Sec-WebSocket-Version: ${random.pick(['13', '8', 'x'])}`,
        `Sec-WebSocket-Protocol: ${random.pick(['v5.channel.k8s.io', 'v4.channel.k8s.io', 'base64url.bearer.authorization.k8s.io.eA', 'x', ''])}`,
      ),
    () => `${upgrade(random, 'Upgrade: SPDY/3.1', 'X-Stream-Protocol-Version: v4.channel.k8s.io')}\u0080\u0003\u0000\u0001`,
    () =>
      upgrade(random, `Upgrade: ${random.pick(['h2c', 'x', '', 'websocket, SPDY/3.1', 'TLS/1.0'])}`, 'HTTP2-Settings: AAMAAABkAAQAAP__'),
    () => `${upgrade(random, 'Upgrade: websocket', 'Content-Length: 5')}hello more`,
  )
  return (typeof text === 'string' ? [text] : text).map(part => (typeof part === 'string' ? Buffer.from(part, 'latin1') : part))
}
