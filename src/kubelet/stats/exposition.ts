// Prometheus' text format. https://prometheus.io/docs/instrumenting/exposition_formats/

export interface Sample {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
  /** When the value was taken; without it, when it is read. */
  readonly timeMs?: number
}

export function family(name: string, type: 'gauge' | 'counter', help: string, samples: readonly Sample[]): string {
  const lines = samples.map(({ labels, value, timeMs }) => {
    const text = Object.entries(labels).map(([key, label]) => `${key}="${escaped(label)}"`)
    return `${name}${text.length === 0 ? '' : `{${text.join(',')}}`} ${value}${timeMs === undefined ? '' : ` ${Math.floor(timeMs)}`}`
  })
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...lines, ''].join('\n')
}

function escaped(label: string): string {
  return label.replace(/[\\"\n]/g, each => (each === '\n' ? '\\n' : `\\${each}`))
}
