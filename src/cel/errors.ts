// What goes wrong with an expression: where it is compiled, and where it runs.

/** A failure of evaluation that `&&`, `||` and the quantifiers may absorb; the text is upstream's. */
export class EvaluationError extends Error {
  override readonly name = 'EvaluationError'
}

/** The expression used up its budget. Nothing absorbs this. */
export class CostExceeded extends Error {
  override readonly name = 'CostExceeded'
  constructor() {
    super('operation cancelled: actual cost limit exceeded')
  }
}

export const noSuchOverload = (): EvaluationError => new EvaluationError('no such overload')
export const noSuchKey = (key: string): EvaluationError => new EvaluationError(`no such key: ${key}`)

/** A fault in an expression's text; `offset` counts UTF-16 units from its beginning. */
export interface Issue {
  readonly offset: number
  readonly message: string
}

/** All issues as upstream prints them: the line, and a caret under the column. */
export function formatIssues(text: string, issues: readonly Issue[]): string {
  return issues.map(issue => formatIssue(text, issue)).join('\n')
}

function formatIssue(text: string, { offset, message }: Issue): string {
  const before = text.slice(0, offset)
  const lineStart = before.lastIndexOf('\n') + 1
  const line = before.split('\n').length
  const column = [...text.slice(lineStart, offset)].length
  const content = (text.slice(lineStart).split('\n', 1)[0] ?? '').replaceAll('\t', ' ')
  return `ERROR: <input>:${line}:${column + 1}: ${message}\n | ${content}\n | ${'.'.repeat(column)}^`
}
