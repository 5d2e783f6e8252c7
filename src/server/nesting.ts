// How deep a body may be nested. What is deeper would exhaust the stack of whatever walks it later, and no object is.

export const maxNesting = 1000

/** Whether JSON text nests deeper than allowed. Cheap: text that opens too few brackets to do so is not read. */
export function isTooDeepJson(text: string): boolean {
  if (!hasMore(text, maxNesting)) return false
  let depth = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === quote) at = endOfString(text, at)
    else if (code === openBracket || code === openBrace) {
      if (++depth > maxNesting) return true
    } else if (code === closeBracket || code === closeBrace) depth--
  }
  return false
}

/** Whether more brackets and braces are opened than this, those in strings included. */
function hasMore(text: string, limit: number): boolean {
  if (text.length <= limit) return false
  let count = 0
  for (const opener of '{[') {
    for (let at = text.indexOf(opener); at >= 0; at = text.indexOf(opener, at + 1)) if (++count > limit) return true
  }
  return false
}

const quote = 0x22
const openBracket = 0x5b
const closeBracket = 0x5d
const openBrace = 0x7b
const closeBrace = 0x7d

function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1)
  while (end > 0 && isEscaped(text, end)) end = text.indexOf('"', end + 1)
  return end < 0 ? text.length : end
}

/** Whether an odd number of backslashes stands before a place. */
function isEscaped(text: string, at: number): boolean {
  let before = at - 1
  while (text[before] === '\\') before--
  return (at - before) % 2 === 0
}

/** The same of a value. */
export function isTooDeep(value: unknown, left = maxNesting): boolean {
  if (typeof value !== 'object' || value === null) return false
  return left === 0 || Object.values(value).some(inner => isTooDeep(inner, left - 1))
}
