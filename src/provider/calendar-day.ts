/** Longer than any calendar day, with summer time and whatever else a time zone does to one. */
export const LONGEST_DAY_MS = 48 * 3_600_000

/** Names the calendar day of an instant (epoch milliseconds), as `2026-11-28`. */
export type DayOf = (at: number) => string

/**
 * Days in an IANA time zone; undefined for one that does not exist. The formatter is slow to make and cheap to use, so it is
 * made once.
 */
export function calendarDays(timeZone: string): DayOf | undefined {
  let format: Intl.DateTimeFormat
  try {
    format = new Intl.DateTimeFormat('en-US', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' })
  } catch {
    return undefined
  }
  return at => {
    const parts = new Map(format.formatToParts(at).map(({ type, value }) => [type, value]))
    return ['year', 'month', 'day'].map(part => parts.get(part as Intl.DateTimeFormatPartTypes)).join('-')
  }
}
