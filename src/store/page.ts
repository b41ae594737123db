/** What every listing can be asked: which part of it. */
interface Page {
  readonly before?: string
  readonly limit?: number
}

/** Rows of one page: `usual` unless asked otherwise, one at least, `most` at most. */
export function pageSize(limit: number | undefined, usual = 100, most = 1000): number {
  return limit === undefined || Number.isNaN(limit) ? usual : Math.max(1, Math.min(most, Math.floor(limit)))
}

/** One page of what matches, of records that come newest first. Before an id that is not there, there is nothing. */
export function page<T>(
  newestFirst: Iterable<T>,
  { before, limit }: Page,
  idOf: (record: T) => string,
  matches: (record: T) => boolean,
): T[] {
  const found: T[] = []
  const size = pageSize(limit)
  let isBefore = before === undefined
  for (const record of newestFirst) {
    if (isBefore && matches(record)) found.push(record)
    if (found.length >= size) break
    isBefore ||= idOf(record) === before
  }
  return found
}

/** Whether a filter lets a value through: it names this one, or none; `null` wants that there is none. */
export function admits<T>(wanted: T | null | undefined, value: T): boolean {
  return wanted === undefined || (wanted ?? undefined) === value
}
