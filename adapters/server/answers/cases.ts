import { present } from '../../../src/ambient.js'
import { notFound } from '../../../src/service/protocol/refusal.js'
import { CASE_ROUTES } from '../../../src/service/protocol/routes/cases.js'
import { checkStatus } from '../../../src/service/protocol/taxonomy.js'
import { answersTo, type Exchange } from '../endpoint.js'
import { reportEnded } from '../endings.js'
import { calibrationReport } from '../knowledge/calibrated.js'
import { type Case, caseOf, casesOf, type ImportedCase } from '../knowledge/case.js'
import { fieldsOf, isGiven, numberOf, textOf } from '../knowledge/sent.js'
import { partOf } from '../knowledge/decided.js'
import { keepRecord, recordId } from '../knowledge/records.js'
import { reportToImport } from '../knowledge/report.js'
import { similarTo } from '../knowledge/similar.js'
import { readCaseOutcome, writeCase, writeCaseOutcome } from '../wire/case.js'
import { writePrecedents } from '../wire/precedent.js'

/** Past decisions, and cases from elsewhere, with what came of them. */
export const caseEndpoints = answersTo(CASE_ROUTES, {
  'POST /cases': importCase,
  'GET /cases': async ({ service, query }) => {
    const { limit, offset, ...filter } = query
    const wanted = matching(casesOf(service, hintIn(filter), filter['verdict'] === 'DRY_RUN'), filter)
    const { items, total, hasMore } = await partOf(wanted, {
      limit: (limit ?? 50) as number,
      offset: (offset ?? 0) as number,
    })
    return { cases: items.map(writeCase), total, has_more: hasMore, limit: limit ?? 50, offset: offset ?? 0 }
  },
  'GET /cases/calibration': async ({ service, query }) =>
    calibrationReport(service, { domain: textOf(query['domain']) }),
  'POST /cases/precedents': async ({ service, body }) => {
    const action = fieldsOf(body['action'])
    const found = await similarTo(service, { ...action, domain: body['domain'] }, (body['limit'] ?? 20) as number)
    const least = numberOf(body['min_similarity']) ?? 0.5
    return writePrecedents(
      service,
      found.filter(({ similarity }) => similarity >= least),
    )
  },
  'GET /cases/{id}': async ({ service, params }) => writeCase(await knownCase(service, params['id'])),
  'POST /cases/{id}/outcome': reportOutcome,
})

/** Kept as it was sent. It is listed, can be given an outcome, and teaches as soon as somebody says how it turned out. */
async function importCase({ service, body }: Exchange): Promise<unknown> {
  const id = recordId('case', service)
  await keepRecord(service, 'imported-case', { id, body: { sent: body, outcomes: [] } satisfies ImportedCase })
  return writeCase(await knownCase(service, id))
}

async function knownCase(service: Exchange['service'], id = ''): Promise<Case> {
  const known = await caseOf(service, id)
  if (known === undefined) throw notFound('case')
  return known
}

/** @throws Refusal 422 for a status that is in no taxonomy, 404 for an unknown case */
async function reportOutcome({ service, principal, params, body }: Exchange): Promise<unknown> {
  checkStatus(service.statuses, body['status'], ['body', 'status'])
  const known = await knownCase(service, params['id'])
  const report = readCaseOutcome(known.id, body, principal?.name)
  const decision = known.source === 'decision' ? await service.governor.decisions.get(known.id) : undefined
  if (decision !== undefined) await reportEnded(service, [decision], report)
  else await reportToImport(service, report)
  const { outcomes } = await knownCase(service, known.id)
  const last = outcomes.at(-1)
  if (last === undefined) throw notFound('outcome')
  return writeCaseOutcome(known.id, last)
}

const RESULTS = { ALLOWED: 'allowed', BLOCKED: 'blocked', APPROVAL_REQUIRED: 'requires_approval' } as const

/** What of a filter the store can look at. */
function hintIn({ tool, verdict, has_outcome: hasOutcome }: Exchange['query']) {
  const known = textOf(verdict)
  const result =
    known !== undefined && Object.hasOwn(RESULTS, known) ? RESULTS[known as keyof typeof RESULTS] : undefined
  return present({ tool: textOf(tool), result, hasOutcome: typeof hasOutcome === 'boolean' ? hasOutcome : undefined })
}

async function* matching(all: AsyncIterable<Case>, filter: Exchange['query']): AsyncGenerator<Case, void, undefined> {
  for await (const known of all) if (isWanted(known, filter)) yield known
}

/** A case of which nothing was stated lies within no limits of its risk. */
function isWanted(known: Case, filter: Exchange['query']): boolean {
  const is = (name: string, value: unknown): boolean => !isGiven(filter[name]) || filter[name] === value
  const { riskScore } = known
  const [least, most] = [numberOf(filter['min_risk_score']), numberOf(filter['max_risk_score'])]
  return (
    is('domain', known.domain) &&
    is('tool', known.tool) &&
    is('action', known.action) &&
    is('verdict', known.verdict) &&
    is('outcome_status', known.outcomes.at(-1)?.status) &&
    is('has_outcome', known.outcomes.length > 0) &&
    (least === undefined || (riskScore !== undefined && riskScore >= least)) &&
    (most === undefined || (riskScore !== undefined && riskScore <= most))
  )
}
