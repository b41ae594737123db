/** One figure, with what it should be at most. */
export interface Result {
  readonly name: string
  readonly value: number
  readonly unit: 'µs' | 'ms' | '×'
  /** Nothing was promised of a figure without one. */
  readonly target?: number
}

export function print(results: readonly Result[]): void {
  for (const { name, value, unit, target } of results) {
    const verdict = target === undefined ? '' : `  (at most ${target} ${unit})  ${value <= target ? 'ok' : 'OVER'}`
    console.log(`${name.padEnd(62)} ${value.toFixed(2).padStart(8)} ${unit.padEnd(2)}${verdict}`)
  }
}
