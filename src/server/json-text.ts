// The text of a body. An escape of half a surrogate pair is no character: Go reads the replacement character in its place, and what was
// stored otherwise could not be told as a message.

/** An escape after the other; of surrogates, pairs first, so that what is left over are halves. */
const escapes = /\\(?:u[dD][89abAB][\da-fA-F]{2}\\u[dD][c-fC-F][\da-fA-F]{2}|(u[dD][89a-fA-F][\da-fA-F]{2})|.)/gs

/** The same text where no half is in it. */
export function wellFormedJson(text: string): string {
  if (!text.includes('\\ud') && !text.includes('\\uD')) return text
  return text.replace(escapes, (whole, half?: string) => (half === undefined ? whole : '\\ufffd'))
}

export function textOf(body: Buffer): string {
  return wellFormedJson(body.toString())
}
