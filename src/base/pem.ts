// PEM: blocks of base64 with a type around them.

export interface PemBlock {
  readonly type: string
  readonly hasHeaders: boolean
  readonly bytes: Buffer
}

/** The blocks in a text; what is around them is passed over, and so are blocks that are damaged. */
export function readPem(text: string): readonly PemBlock[] {
  const blocks: PemBlock[] = []
  for (const [, type = '', body = ''] of text.matchAll(/-----BEGIN ([^\n]*?)-----[ \t]*\r?\n([\s\S]*?)-----END \1-----/g)) {
    const [headers, encoded] = splitHeaders(body)
    const base64 = encoded.replace(/\s/g, '')
    if (/^[A-Za-z0-9+/]*={0,2}$/.test(base64) && base64.length % 4 === 0)
      blocks.push({ type, hasHeaders: headers !== '', bytes: Buffer.from(base64, 'base64') })
  }
  return blocks
}

/** Headers are lines with a colon before the first empty line. */
function splitHeaders(body: string): readonly [string, string] {
  const end = /\r?\n\r?\n/.exec(body)
  const head = end ? body.slice(0, end.index) : ''
  return end && head.includes(':') ? [head, body.slice(end.index)] : ['', body]
}

export function writePem(type: string, bytes: Buffer): string {
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN ${type}-----\n${lines.join('\n')}\n-----END ${type}-----\n`
}
