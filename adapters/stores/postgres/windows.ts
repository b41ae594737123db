import type { WindowSpend } from 'countersign'
import { text } from './encode.js'
import type { Session } from './session.js'

/** A spend as the server takes it. */
export function spendFields({ key, windowMs, amount, max }: WindowSpend, at: number): object {
  // To the server what is not a number is larger than any, and not larger than itself: such a window must have no room.
  const most = Number.isNaN(amount) || Number.isNaN(max) ? Number.NEGATIVE_INFINITY : max
  return { key: text(key), expires: String(at + windowMs), amount: String(amount), max: String(most) }
}

/** What each window holds, in one statement, so that the totals and what has left them are of the same instant. */
export async function readWindows(
  { schema, read }: Session,
  windows: readonly WindowSpend[],
  at: number,
): Promise<readonly number[]> {
  if (windows.length === 0) return []
  const rows = await read(
    'read windows',
    `select coalesce(case
        when w.total > ${Number.MAX_SAFE_INTEGER} then
          (select coalesce(sum(e.amount), 0) from ${schema}.window_entries e where e.window_id = w.id and e.expires > $2)
        else w.total -
          (select coalesce(sum(e.amount), 0) from ${schema}.window_entries e where e.window_id = w.id and e.expires <= $2)
        end, 0) as held
     from unnest($1::text[]) with ordinality as asked (key, place) left join ${schema}.windows w on w.key = asked.key
     order by asked.place`,
    windows.map(({ key }) => text(key)),
    at,
  )
  return rows.map(({ held }) => Number(held))
}
