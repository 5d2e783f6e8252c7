// Shows what a command is doing: a line for each part as it ends, with its time; on a terminal also a line that moves meanwhile.
import type { Progress } from '../cluster/phases.ts'

export interface Screen {
  readonly isTerminal: boolean
  write(text: string): void
}

const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']
const clearLine = '\r\u001b[K'

export class StepLines implements Progress {
  readonly #screen: Screen
  readonly #running: string[] = []
  #frame = 0
  #timer: NodeJS.Timeout | undefined

  constructor(screen: Screen) {
    this.#screen = screen
  }

  begin(name: string): void {
    this.#running.push(name)
    if (!this.#screen.isTerminal) return
    this.#timer ??= setInterval(() => this.#draw(), 80).unref()
    this.#draw()
  }

  end(name: string, tookMs: number): void {
    this.#finish(name, ` ✓ ${name.padEnd(24)} ${seconds(tookMs)}`)
  }

  fail(name: string): void {
    this.#finish(name, ` ✗ ${name}`)
  }

  #finish(name: string, line: string): void {
    const at = this.#running.indexOf(name)
    if (at >= 0) this.#running.splice(at, 1)
    this.#screen.write(`${this.#screen.isTerminal ? clearLine : ''}${line}\n`)
    this.#draw()
    if (this.#running.length > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  #draw(): void {
    if (!this.#screen.isTerminal || this.#running.length === 0) return
    this.#frame = (this.#frame + 1) % frames.length
    this.#screen.write(`${clearLine} ${frames[this.#frame]} ${this.#running.join(', ')}`)
  }
}

export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`
}
