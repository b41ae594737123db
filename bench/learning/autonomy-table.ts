import { answersNeeded } from 'countersign/learning'
import type { TraceEvent } from './data.ts'
import { playInParallel, type ReplayTotals, type TraceName } from './parallel.ts'

/** What a number of replays at one limit came to. Shares and questions are means over the replays. */
export interface AutonomyRow {
  /** Limit on the share of bad ones among the calls let through. */
  readonly maxErrorRate: number
  /** The tool whose calls all turn bad from the middle on; absent where nothing changes. */
  readonly tool?: string
  /** Share of replays in which the limit was kept. A replay that lets nothing through keeps it. */
  readonly held: number
  readonly verdict: 'ok' | 'OVER'
  /** Share of replays in which anything was let through at all. */
  readonly inUse: number
  /** Share of calls let through. */
  readonly coverage: number
  /** The same of somebody who knows every label beforehand. */
  readonly oracle: number
  /** Largest share of bad ones among the calls let through, of all replays. */
  readonly worst: number
  readonly questionsPer100: number
  readonly revocations: number
  /** Clean answers to calls of one class that suffice for a bound under the limit (Clopper and Pearson), if they are looked at but once. */
  readonly atLeast: number
  /** Clean answers that the proof takes, which may be looked at after each of them, and tries eight thresholds. */
  readonly needed: number
  /** Calls of the set that are in order: where they are fewer, nothing can be let through. */
  readonly good: number
}

/** What a row is about. */
type Kind = Pick<AutonomyRow, 'maxErrorRate' | 'tool'>

/** Share of replays in which the limit must be kept: the confidence that is asked for. */
const CONFIDENCE = 0.95
export const AUDIT_RATE = 0.05
const STRICT = 0.01

/** The limits that a data set is judged at: one in a hundred, and a quarter of the base rate. */
export function limitsOf(events: readonly TraceEvent[]): readonly [number, number] {
  const scored = events.filter(({ isScored }) => isScored)
  return [STRICT, scored.filter(({ isBad }) => isBad).length / scored.length / 4]
}

/** Plays a data set at both limits, as it is and with a drift. */
export async function autonomyTable(
  trace: TraceName,
  events: readonly TraceEvent[],
  count: number,
): Promise<readonly AutonomyRow[]> {
  const tool = driftingTool(events)
  const kinds = limitsOf(events).flatMap((maxErrorRate): Kind[] => [{ maxErrorRate }, { maxErrorRate, tool }])
  const tasks = kinds.flatMap(({ maxErrorRate, tool: drifting }) => {
    const autonomy = { maxErrorRate, confidence: CONFIDENCE, auditRate: AUDIT_RATE }
    const drift = drifting === undefined ? {} : { tool: drifting }
    return Array.from({ length: count }, (_, index) => Object.assign({ seed: index + 1, autonomy }, drift))
  })
  const played = await playInParallel(trace, tasks)
  return kinds.map((kind, index) => rowOf(kind, played.slice(index * count, (index + 1) * count)))
}

/** The tool with the second most good calls, or the only one. */
function driftingTool(events: readonly TraceEvent[]): string {
  const counts = new Map<string, number>()
  for (const { call, isScored, isBad } of events)
    if (isScored && !isBad) counts.set(call.tool, (counts.get(call.tool) ?? 0) + 1)
  const [first, second = first] = [...counts].toSorted(([, a], [, b]) => b - a)
  return second?.[0] ?? ''
}

function rowOf({ maxErrorRate, tool }: Kind, played: readonly ReplayTotals[]): AutonomyRow {
  const mean = (of: (replay: ReplayTotals) => number): number =>
    played.reduce((sum, replay) => sum + of(replay), 0) / played.length
  const held = mean(({ through, bad }) => (bad <= maxErrorRate * through ? 1 : 0))
  return {
    maxErrorRate,
    ...(tool === undefined ? {} : { tool }),
    held,
    verdict: held >= CONFIDENCE ? 'ok' : 'OVER',
    inUse: mean(({ through }) => (through > 0 ? 1 : 0)),
    coverage: mean(({ through, calls }) => through / calls),
    // All good calls, and as many bad ones as the limit leaves room for.
    oracle: mean(({ calls, good }) => Math.min(1, good / (1 - maxErrorRate) / calls)),
    worst: Math.max(...played.map(({ through, bad }) => (through === 0 ? 0 : bad / through))),
    questionsPer100: mean(({ asked, calls }) => (100 * asked) / calls),
    revocations: mean(({ revocations }) => revocations),
    atLeast: Math.ceil(Math.log(1 - CONFIDENCE) / Math.log1p(-maxErrorRate)),
    needed: answersNeeded({ maxErrorRate, confidence: CONFIDENCE }),
    good: mean(({ good }) => good),
  }
}

/** Rows as a table for people. */
export function printAutonomy(set: string, count: number, rows: readonly AutonomyRow[]): void {
  console.log(`\n${set}, ${count} replays`)
  console.log(
    '   limit  held        in use  coverage  oracle   worst  questions/100  revoked  at least  needed   good  drift',
  )
  for (const row of rows) {
    const shares = [row.inUse.toFixed(3), row.coverage.toFixed(3).padStart(9), row.oracle.toFixed(3).padStart(7)]
    const counts = [row.questionsPer100.toFixed(1).padStart(14), row.revocations.toFixed(2).padStart(8)]
    const answers = [
      row.atLeast.toFixed(0).padStart(9),
      row.needed.toFixed(0).padStart(7),
      row.good.toFixed(0).padStart(6),
    ]
    const held = `${row.held.toFixed(3)} ${row.verdict.padEnd(4)}`
    const line = [
      `  ${row.maxErrorRate.toFixed(4)}`,
      ` ${held}`,
      '',
      ...shares,
      row.worst.toFixed(4).padStart(7),
      ...counts,
      ...answers,
    ]
    console.log(`${line.join(' ')}  ${row.tool ?? '-'}`)
  }
}
