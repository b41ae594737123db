import { readTrace } from './data.ts'
import { replays } from './autonomy.ts'
const [set, count, rate, drift] = process.argv.slice(2)
const events = readTrace('/work/shared/data', set!)
const scored = events.filter(e => e.isScored)
const base = scored.filter(e => e.isBad).length / scored.length
const max = rate === 'b4' ? base / 4 : Number(rate)
const tools = Map.groupBy(
  scored.filter(e => !e.isBad),
  e => e.call.tool,
)
const top = [...tools].toSorted((a, b) => b[1].length - a[1].length)[1]?.[0]
const t = performance.now()
const out = replays(events, {
  count: Number(count),
  autonomy: { maxErrorRate: max },
  ...(drift ? { drift: e => e.call.tool === top } : {}),
})
const ok = out.filter(o => o.through === 0 || o.bad / o.through <= max).length
console.log(
  set,
  'alpha',
  max.toFixed(4),
  'held',
  ok,
  '/',
  out.length,
  'coverage',
  out.map(o => (o.through / o.calls).toFixed(2)).join(' '),
  'err',
  out.map(o => (o.bad / Math.max(1, o.through)).toFixed(4)).join(' '),
  'rev',
  out.map(o => o.revocations).join(' '),
  ((performance.now() - t) / out.length / 1000).toFixed(1),
  's each',
)
