// Ratios within one run: the subjects take turns, round by round, so that a noisy machine is noisy for all of them.

/** One thing to time. */
export interface Subject {
  readonly name: string
  readonly run: () => unknown
}

/** What was measured of a subject. */
export interface Timing {
  readonly name: string
  /** Median over all rounds of the median time of one call, in microseconds. */
  readonly p50: number
  /** Best round's median, in microseconds: the least disturbed one. */
  readonly best: number
}

export interface MeasureOptions {
  readonly rounds: number
  /** Calls of each subject in a round. */
  readonly calls: number
}

/** Times subjects by turns; the first round only warms up. */
export async function measure(
  subjects: readonly Subject[],
  { rounds, calls }: MeasureOptions,
): Promise<readonly Timing[]> {
  const medians = subjects.map((): number[] => [])
  for (let round = 0; round <= rounds; round++) {
    for (const [index, subject] of subjects.entries()) {
      const middle = await medianOf(subject, calls)
      if (round > 0) medians[index]?.push(middle)
    }
  }
  return subjects.map(({ name }, index) => {
    const of = medians[index] ?? []
    return { name, p50: median(of), best: Math.min(...of) }
  })
}

async function medianOf({ run }: Subject, calls: number): Promise<number> {
  const times = new Float64Array(calls)
  for (let call = 0; call < calls; call++) {
    const startedAt = process.hrtime.bigint()
    await run()
    times[call] = Number(process.hrtime.bigint() - startedAt) / 1000
  }
  return median(times)
}

/** The middle of a list of numbers. */
export function median(values: Iterable<number>): number {
  const sorted = [...values].toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}
