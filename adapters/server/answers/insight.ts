import type { Decision, DecisionResult, ToolProfile } from 'countersign'
import { decisionIntelligence } from 'countersign'
import { readPath } from '../../../src/capture/path.js'
import { isRecord } from '../../../src/service/protocol/validate.js'
import { fieldsOf, isLarge } from '../../../src/learn/explain/fields.js'
import { inTime } from '../../../src/enforce/deadline.js'
import type { Service } from '../service.js'
import type { Asked } from '../wire/action.js'
import type { Insight } from '../wire/intelligence.js'

/** Changed calls that are decided on for one answer: an evaluation is asked for often, an explanation seldom. */
const MOST_TRIED = 8
/** Milliseconds that looking for them may take. */
const MOST_MS = 250

/** What would be allowed instead of a call that is not: nothing of one that is, or where nothing could be found in time. Never rejects. */
export async function insightOf(
  { governor, clock }: Service,
  { call, scope }: Asked,
  { failMode, findings }: Decision,
  result: DecisionResult,
): Promise<Insight | undefined> {
  // Nothing can be said of what could not be evaluated, and there is no way around a switch.
  if (result === 'allowed' || failMode !== undefined || findings.some(({ rule }) => rule === 'kill-switch'))
    return undefined
  // Each form that is looked at is a copy of all of it.
  if (isLarge(call.input) || isLarge(scope.profile?.metadata)) return undefined
  const { elsewhere: _elsewhere, alongside: _alongside, ...about } = scope
  const profile = { ...scope.profile, ...followed(scope.profile ?? {}, call.input) }
  try {
    const explaining = governor.explain(call, { ...about, profile }, { tries: MOST_TRIED, trajectory: false })
    const { alternatives, rationale, simulation_summary } = decisionIntelligence(
      await inTime(explaining, MOST_MS, clock),
    )
    return { alternatives, rationale, simulation_summary }
  } catch {
    return undefined
  }
}

/** What a call is about, in a changed input too: what a client says of a call stands in its input as well, or follows from nothing that could be changed. */
function followed({ value, target, metadata }: ToolProfile, input: unknown): ToolProfile {
  const fields = [...fieldsOf(input)]
  const at = (wanted: unknown): readonly (readonly string[])[] =>
    wanted === undefined ? [] : fields.filter(([, found]) => found === wanted).map(([path]) => path.split('.'))
  const [values, targets] = [at(value), at(target)]
  return {
    ...(values.length === 0 ? {} : { value: changed => largest(values.map(path => readPath(changed, path))) }),
    ...(targets.length === 0 ? {} : { target: changed => textOf(readPath(changed, targets[0] ?? [])) }),
    ...(isRecord(metadata) ? { metadata: changed => followedAll(metadata, input, changed) } : {}),
  }
}

function followedAll(metadata: Readonly<Record<string, unknown>>, input: unknown, changed: unknown) {
  if (!isRecord(input) || !isRecord(changed)) return metadata
  return Object.fromEntries(
    Object.entries(metadata).map(([name, value]) => [name, input[name] === value ? changed[name] : value]),
  )
}

/** Where an amount stands in several places, no less is at stake than the largest says. */
function largest(values: readonly unknown[]): number | undefined {
  const numbers = values.filter(value => typeof value === 'number')
  return numbers.length === 0 ? undefined : numbers.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a))
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}
