// Figures as aligned text: what was measured, what was asked for, and what Kubernetes needs on the same kind of machine.

export interface Figure {
  readonly what: string
  readonly measured: string
  readonly goal: string
  /** kube-apiserver, etcd, kubelet and containerd on this kind of machine. */
  readonly yardstick: string
}

export function printTable(title: string, figures: readonly Figure[]): void {
  printColumns(title, [['', 'measured', 'to reach', 'Kubernetes'], ...figures.map(f => [f.what, f.measured, f.goal, f.yardstick])])
}

/** Rows of equally many cells, the first of them the heads. */
export function printColumns(title: string, rows: readonly (readonly string[])[]): void {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map(row => row[column]?.length ?? 0)))
  console.log(`\n${title}`)
  for (const row of rows)
    console.log(
      row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
    )
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

export function round(value: number, digits = 0): string {
  return value.toLocaleString('en', { maximumFractionDigits: digits })
}
