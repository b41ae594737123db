/** One figure, with what it should be at most, or at least. */
export interface Result {
  readonly name: string
  readonly value: number
  readonly unit: 'µs' | 'ms' | '×'
  /** Nothing was promised of a figure without one. */
  readonly target?: number
  readonly atLeast?: number
}

export function print(results: readonly Result[]): void {
  for (const { name, value, unit, target, atLeast } of results) {
    const most = target === undefined ? '' : `  (at most ${target} ${unit})  ${value <= target ? 'ok' : 'OVER'}`
    const least = atLeast === undefined ? '' : `  (at least ${atLeast} ${unit})  ${value >= atLeast ? 'ok' : 'UNDER'}`
    const verdict = most + least
    console.log(`${name.padEnd(62)} ${value.toFixed(2).padStart(8)} ${unit.padEnd(2)}${verdict}`)
  }
}
