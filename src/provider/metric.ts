/** Names and values that tell apart what is counted under one name. */
export type Labels = Readonly<Record<string, string>>

/** A count, as a plain object. */
export interface CounterSample {
  readonly labels: Labels
  readonly value: number
}

/** A distribution, as a plain object. */
export interface HistogramSample {
  readonly labels: Labels
  /** How many values were at most so much, by that. */
  readonly buckets: readonly (readonly [le: number, count: number])[]
  readonly sum: number
  readonly count: number
}

/** So many sets of labels are told apart under one name; further ones are counted together, as `other`. */
export const MAX_SERIES = 200
const OTHER = 'other'
/** A name from outside is no text. */
const MAX_LABEL = 128

/** Sets of labels, as many as may be told apart. */
export class SeriesMap<SERIES> {
  readonly #series = new Map<string, { readonly labels: Labels; readonly series: SERIES }>()
  readonly #make: () => SERIES

  constructor(make: () => SERIES) {
    this.#make = make
  }

  of(labels: Labels): SERIES {
    const short = Object.fromEntries(Object.entries(labels).map(([name, value]) => [name, value.slice(0, MAX_LABEL)]))
    const key = JSON.stringify(Object.values(short))
    const known = this.#series.get(key)
    if (known !== undefined) return known.series
    if (this.#series.size >= MAX_SERIES) return this.#other(short)
    return this.#add(key, short)
  }

  *entries(): Generator<{ readonly labels: Labels; readonly series: SERIES }> {
    yield* this.#series.values()
  }

  #other(labels: Labels): SERIES {
    const known = this.#series.get(OTHER)
    if (known !== undefined) return known.series
    return this.#add(OTHER, Object.fromEntries(Object.keys(labels).map(name => [name, OTHER])))
  }

  #add(key: string, labels: Labels): SERIES {
    const series = this.#make()
    this.#series.set(key, { labels, series })
    return series
  }
}

/** Counts up, or shows how something is now. */
export class Counter {
  readonly #series = new SeriesMap(() => ({ value: 0 }))

  add(labels: Labels, amount = 1): void {
    this.#series.of(labels).value += amount
  }

  set(labels: Labels, value: number): void {
    this.#series.of(labels).value = value
  }

  samples(): readonly CounterSample[] {
    return Array.from(this.#series.entries(), ({ labels, series }) => ({ labels, value: series.value }))
  }
}

/** Says how values are distributed. */
export class Histogram {
  readonly #bounds: readonly number[]
  readonly #series: SeriesMap<{ readonly counts: number[]; sum: number; count: number }>

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds
    this.#series = new SeriesMap(() => ({ counts: bounds.map(() => 0), sum: 0, count: 0 }))
  }

  observe(labels: Labels, value: number): void {
    const series = this.#series.of(labels)
    for (const [index, bound] of this.#bounds.entries()) if (value <= bound) series.counts[index]!++
    series.sum += value
    series.count++
  }

  samples(): readonly HistogramSample[] {
    return Array.from(this.#series.entries(), ({ labels, series: { counts, sum, count } }) => ({
      labels,
      buckets: this.#bounds.map((bound, index) => [bound, counts[index] ?? 0] as const),
      sum,
      count,
    }))
  }
}
