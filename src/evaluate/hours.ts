import { fail, type Place } from './place.js'
import type { Day, HoursSpec } from './rule.js'

const DAYS: readonly Day[] = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']
const KEYS = ['from', 'to', 'days', 'timeZone']
const MINUTES_PER_DAY = 24 * 60

/** Compiles hours to a test of an instant (epoch milliseconds). */
export function compileHours(hours: HoursSpec, place: Place): (at: number) => boolean {
  if (typeof hours !== 'object' || hours === null) return fail(place, 'expected { from, to, days?, timeZone? }', hours)
  for (const key of Object.keys(hours)) {
    if (!KEYS.includes(key)) fail(place.in(key), `unknown key, expected ${KEYS.join(', ')}`, undefined, [key, KEYS])
  }
  const from = minuteOfDay(hours.from, place.in('from'))
  const to = minuteOfDay(hours.to, place.in('to'))
  if (from === to) return fail(place, '`from` and `to` are the same; leave the hours out for a whole day', hours)
  const days = compileDays(hours.days, place.in('days'))
  const localTime = clockIn(hours.timeZone === undefined ? 'UTC' : hours.timeZone, place.in('timeZone'))
  return at => {
    const { day, minute } = localTime(at)
    if (from < to) return minute >= from && minute < to && days.has(day)
    const yesterday = (day + 6) % 7
    return (minute >= from && days.has(day)) || (minute < to && days.has(yesterday))
  }
}

function minuteOfDay(text: unknown, place: Place): number {
  const match = typeof text === 'string' ? /^(\d{2}):(\d{2})$/.exec(text) : null
  const minutes = match === null ? Number.NaN : Number(match[1]) * 60 + Number(match[2])
  if (Number.isNaN(minutes) || Number(match?.[2]) > 59 || minutes > MINUTES_PER_DAY)
    return fail(place, 'expected a time as "HH:MM"', text)
  return minutes
}

function compileDays(days: readonly Day[] | undefined, place: Place): ReadonlySet<number> {
  if (days === undefined) return new Set(DAYS.keys())
  if (!Array.isArray(days) || days.length === 0) return fail(place, `expected a list of ${DAYS.join(', ')}`, days)
  return new Set(
    days.map((day, index) => {
      const found = DAYS.indexOf(day)
      return found === -1
        ? fail(place.in(index), `expected one of ${DAYS.join(', ')}`, day, [String(day), DAYS])
        : found
    }),
  )
}

/** Local day and minute of an instant. The formatter is slow to make and cheap to use, so it is made once. */
function clockIn(timeZone: string, place: Place): (at: number) => { readonly day: number; readonly minute: number } {
  let format: Intl.DateTimeFormat
  try {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone,
      weekday: 'short',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    })
  } catch {
    return fail(place, 'expected an IANA time zone such as "Europe/Berlin"', timeZone)
  }
  return at => {
    const parts = new Map(format.formatToParts(at).map(part => [part.type, part.value]))
    const day = DAYS.indexOf((parts.get('weekday') ?? '').toLowerCase() as Day)
    return { day, minute: Number(parts.get('hour')) * 60 + Number(parts.get('minute')) }
  }
}
