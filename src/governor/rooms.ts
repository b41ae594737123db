import type { Policy } from '../evaluate/policy.js'
import type { Rooms } from '../learn/explain/candidates.js'
import type { Store } from '../store/store.js'
import type { EvaluationRequest, Finding } from '../types.js'

/** Sums are kept in millionths. */
const SCALE = 1_000_000

/** What the limits that hold a call have room for now. */
export async function roomsOf(
  store: Pick<Store, 'readWindows'>,
  policy: Policy,
  request: EvaluationRequest,
  findings: readonly Finding[],
): Promise<Rooms> {
  const holding = new Set(findings.filter(({ effect }) => effect !== 'allow').map(({ rule }) => rule))
  const limits = policy
    .rulesAbout(request.tool, request.domain)
    .flatMap(({ id, limit }) => (limit === undefined || !holding.has(id) ? [] : [{ id, spend: limit(request) }]))
  if (limits.length === 0) return new Map()
  const spends = limits.map(({ spend }) => spend)
  const totals = await store.readWindows(spends, request.at)
  return new Map(limits.map(({ id, spend }, index) => [id, (spend.max - (totals[index] ?? spend.max)) / SCALE]))
}
