import { confidenceOf, DEFAULT_COSTS, recommend } from '../../../src/learn/advice.js'
import { type Counted, Groups, most } from '../../../src/learn/insight/groups.js'
import { Refusal } from '../../../src/service/protocol/refusal.js'
import { INSIGHT_ROUTES } from '../../../src/service/protocol/routes/cases.js'
import { problem } from '../../../src/service/protocol/validate.js'
import { answersTo, type Exchange } from '../endpoint.js'
import { isInBand, readBand } from '../knowledge/band.js'
import { isGiven, textOf } from '../knowledge/sent.js'
import {
  callsOf,
  CallTally,
  findPatterns,
  type Pattern,
  PATTERN_TYPES,
  type PatternFilter,
  rateOf,
  SEVERITIES,
} from '../knowledge/patterns.js'
import { timeOf } from '../wire/time.js'

/** Names that a profile lists. */
const TOP = 5

/** What recorded decisions and outcomes say of a kind of call. */
export const insightEndpoints = answersTo(INSIGHT_ROUTES, {
  'POST /insights/advise': advise,
  'GET /insights/patterns': patterns,
  'GET /insights/patterns/learn': learn,
  'GET /insights/profile': async ({ service, query }) => {
    const filter = filterOf(query)
    return { profile: await profileOf(service, filter), filters: writeFilter(filter) }
  },
})

/**
 * What to do with such a call, by how those before it turned out. `risk`: those that turned out bad, of those with a label,
 * as if one more good and one more bad had been seen; null, and no recommendation, where there is no label.
 */
async function advise({ service, body }: Exchange): Promise<unknown> {
  const band = readBand(body['risk_band'], 'body')
  const filter = filterOf(body)
  const tally = new CallTally()
  for await (const decided of callsOf(service, filter))
    if (band === undefined || isInBand(decided.record.riskScore ?? -1, band)) tally.add(decided)
  const { labelled, bad } = tally
  const evidence = { exact: labelled, nearly: 0, tool: 0, familiar: 1 }
  const risk = labelled === 0 ? null : (bad + 1) / (labelled + 2)
  const { patterns: found } = await findPatterns(service, filter)
  const advice = [...adviceOf(tally), ...found.filter(({ direction }) => direction === 'higher').map(inWords)]
  return {
    recommendation: risk === null ? null : recommend(risk, evidence, DEFAULT_COSTS),
    confidence: risk === null ? 'low' : confidenceOf(risk, evidence),
    risk,
    advice,
    advisories: advice,
    evidence: writeTally(tally),
    filters: { ...writeFilter(filter), risk_band: band ?? null },
  }
}

async function patterns({ service, query }: Exchange): Promise<unknown> {
  const type = wordIn(query, 'pattern_type', PATTERN_TYPES)
  const severity = wordIn(query, 'min_severity', SEVERITIES) ?? 'info'
  const { patterns: all, calls, compared } = await findPatterns(service, filterOf(query))
  const wanted = all.filter(
    pattern =>
      (type ?? pattern.type) === pattern.type && SEVERITIES.indexOf(pattern.severity) >= SEVERITIES.indexOf(severity),
  )
  return { patterns: wanted.map(writePattern), total: wanted.length, calls, compared }
}

/** Nothing is kept of patterns: they are found anew from what is recorded, whenever somebody asks. */
async function learn({ service }: Exchange): Promise<unknown> {
  const { patterns: found, calls, compared } = await findPatterns(service)
  const at = timeOf(service.clock.now())
  return { learned: found.length, patterns: found.map(writePattern), calls, compared, learned_at: at }
}

async function profileOf(service: Exchange['service'], filter: PatternFilter) {
  const [tally, tools, actors, reasons] = [new CallTally(), counters(), counters(), counters()]
  const [results, statuses] = [counters(), counters()]
  let [risks, scored] = [0, 0]
  for await (const decided of callsOf(service, filter)) {
    const { record } = decided
    tally.add(decided)
    for (const { rule, effect } of record.findings) if (effect !== 'allow') reasons.of(rule).count++
    tools.of(record.tool).count++
    actors.of(record.actor).count++
    results.of(record.result).count++
    if (record.execution !== undefined) statuses.of(record.execution.status).count++
    if (record.riskScore === undefined) continue
    risks += record.riskScore
    scored++
  }
  return {
    ...writeTally(tally),
    results: counted(results),
    statuses: counted(statuses),
    /** Mean of the risks that were stated. */
    mean_risk: scored === 0 ? null : risks / scored,
    top_tools: most(tools, TOP).map(({ key, count }) => ({ tool: key, count })),
    top_actors: most(actors, TOP).map(({ key, count }) => ({ actor: key, count })),
    /** Rules that denied or asked. */
    top_rules: most(reasons, TOP).map(({ key, count }) => ({ rule_id: key, count })),
  }
}

function counters(): Groups<{ count: number }> {
  return new Groups(() => ({ count: 0 }))
}

function counted(groups: Groups<{ count: number }>): Readonly<Record<string, Counted['count']>> {
  return Object.fromEntries(groups.entries().map(([key, { count }]) => [key, count]))
}

function writeTally(tally: CallTally) {
  return {
    calls: tally.calls,
    refusal_rate: rateOf(tally.share('refusal_rate')),
    failure_rate: rateOf(tally.share('failure_rate')),
    bad_rate: rateOf(tally.share('bad_rate')),
  }
}

function adviceOf({ calls, labelled, bad, refused }: CallTally): string[] {
  if (calls === 0) return ['No such call was decided on yet']
  return [
    labelled === 0
      ? `Nobody has said yet how any of ${calls} such calls turned out`
      : `Of ${labelled} such calls of which that is known, ${bad} turned out bad`,
    ...(refused > 0 ? [`${refused} of ${calls} such calls were refused`] : []),
  ]
}

const SAID = { refusal_rate: 'are refused', failure_rate: 'fail', bad_rate: 'turn out bad' } as const

function inWords({ type, tool, domain, actor, group, rest }: Pattern): string {
  const where = domain === null ? '' : ` in ${domain}`
  return `Calls of ${tool} by ${actor}${where} ${SAID[type]} more often than others: ${group.count} of ${group.n}, others ${rest.count} of ${rest.n}`
}

function writePattern(pattern: Pattern) {
  const { type, tool, domain, actor, direction, severity, group, rest, difference } = pattern
  return {
    pattern_id: `${type}:${[tool, domain ?? '', actor].map(encodeURIComponent).join(':')}`,
    pattern_type: type,
    tool,
    domain,
    actor,
    direction,
    severity,
    group,
    rest,
    difference,
    description: direction === 'higher' ? inWords(pattern) : inWords(pattern).replace('more often', 'less often'),
  }
}

/** Clients send `AI_AGENT` where they mean no one in particular. */
function filterOf(asked: Exchange['query']): PatternFilter {
  const actor = textOf(asked['actor_type'])
  return {
    tool: textOf(asked['tool']),
    action: textOf(asked['action']),
    domain: textOf(asked['domain']),
    actor: actor === 'AI_AGENT' ? undefined : actor,
  }
}

function writeFilter({ tool, action, domain, actor }: PatternFilter) {
  return { tool: tool ?? null, action: action ?? null, domain: domain ?? null, actor: actor ?? null }
}

/** A word of a list; none where nothing is said. @throws Refusal 422 */
function wordIn<WORD extends string>(query: Exchange['query'], name: string, words: readonly WORD[]): WORD | undefined {
  if (!isGiven(query[name])) return undefined
  const word = words.find(known => known === query[name])
  if (word !== undefined) return word
  const expected = words.map(known => `'${known}'`).join(' or ')
  throw new Refusal(422, [problem(['query', name], `Input should be ${expected}`, 'value_error')])
}
