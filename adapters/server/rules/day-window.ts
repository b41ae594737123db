import { type DocumentStore, definePolicy, type EvaluationRequest, type WindowSpend } from 'countersign'
import { dayRuleOf } from './compile.js'
import type { Constraint } from './constraint.js'

/** Amounts of windows are in millionths. */
const MILLION = 1_000_000

/** How many calls the day's limit of a constraint has counted: the engine's own count. Nothing where each domain has its own. */
export async function countedToday(
  store: DocumentStore,
  { id, tenant, constraint, at }: DayOf,
): Promise<number | undefined> {
  const rule = dayRuleOf(id, constraint)
  const compiled = rule && definePolicy({ rules: [rule] }).rulesFor('')[0]
  const window: WindowSpend | undefined = compiled?.limit?.(requestOf(tenant, constraint.domain, at))
  if (window === undefined) return undefined
  const [counted = 0] = await store.readWindows([window], at)
  return Math.round(counted / MILLION)
}

/** A day of one constraint. */
export interface DayOf {
  readonly id: string
  readonly tenant: string | undefined
  readonly constraint: Constraint
  /** Epoch milliseconds: the end of the day. */
  readonly at: number
}

/** A call by which the window is found: any of the domain. */
function requestOf(tenant: string | undefined, domain: string, at: number): EvaluationRequest {
  return {
    call: { id: '', name: '', input: {} },
    tool: '',
    input: {},
    digest: '',
    action: '',
    actor: '',
    domain,
    value: undefined,
    target: undefined,
    metadata: {},
    annotations: {},
    session: { id: undefined, user: undefined, tenant, model: undefined, traceId: '' },
    at,
  }
}
