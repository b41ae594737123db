import { RecentMap } from '../recent-map.js'

/** Labels that are looked back on. */
const WINDOW = 512
/** Largest share of the window's weight that one source may have, once there are others. */
const LARGEST_SHARE = 0.25
/** Labels a source may always give. */
const FREE = 16
const KEPT = 4096

/**
 * Bounds what one source can teach. The k-th label that a source gives to the same call counts 1/k, so that n of them
 * count no more than 1 + ln n; and a source that has given more than a quarter of the last labels, where others gave
 * some too, counts for that quarter. Labels without a source are trusted as they are: the caller vouches for them.
 */
export class Guard {
  readonly #repeats = new RecentMap<string, number>(KEPT)
  #bySource = new Map<string, number>()
  #before = new Map<string, number>()
  #count = 0

  /** The weight that a label gets, at most `weight`. */
  weigh(source: string | undefined, exact: number, isBad: boolean, weight: number): number {
    if (source === undefined) return weight
    const key = `${exact} ${isBad ? 1 : 0} ${source}`
    const times = (this.#repeats.get(key) ?? 0) + 1
    this.#repeats.set(key, times)
    const share = this.#shareOf(source)
    this.#note(source)
    return (weight / times) * (share > LARGEST_SHARE ? LARGEST_SHARE / share : 1)
  }

  #shareOf(source: string): number {
    const own = this.#given(source)
    const sources = new Set([...this.#bySource.keys(), ...this.#before.keys()])
    const all = this.#count + sum(this.#before)
    return own < FREE || sources.size < 2 ? 0 : own / all
  }

  #given(source: string): number {
    return (this.#bySource.get(source) ?? 0) + (this.#before.get(source) ?? 0)
  }

  #note(source: string): void {
    this.#bySource.set(source, (this.#bySource.get(source) ?? 0) + 1)
    if (++this.#count < WINDOW) return
    this.#before = this.#bySource
    this.#bySource = new Map()
    this.#count = 0
  }
}

function sum(counts: ReadonlyMap<string, number>): number {
  let total = 0
  for (const count of counts.values()) total += count
  return total
}
