// `Warning` headers, as kubectl prints them. All together stay short: a body with thousands of unknown fields must not break the answer.

/** Where all together are longer than the first, each is cut to the second, and what is left over is dropped. Upstream's limits. */
const maxTotal = 4096
const maxEach = 256
/** Some clients take no more than a hundred headers. */
const maxCount = 50

export function warningHeaders(warnings: readonly string[]): string[] {
  const unlike = [...new Set(warnings)].slice(0, maxCount)
  const total = unlike.reduce((sum, text) => sum + text.length, 0)
  if (total <= maxTotal) return unlike.map(header)
  const shown: string[] = []
  let left = maxTotal
  for (const text of unlike.map(t => [...t].slice(0, maxEach).join(''))) {
    left -= text.length
    if (left < 0) break
    shown.push(header(text))
  }
  return shown
}

/** Node writes headers as Latin-1, so that the bytes of the text's UTF-8 go out as they are. */
function header(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what a header must not have.
  const plain = text.replace(/[\u0000-\u001f\u007f]/g, ' ').replace(/["\\]/g, '\\$&')
  return `299 - "${Buffer.from(plain).toString('latin1')}"`
}
