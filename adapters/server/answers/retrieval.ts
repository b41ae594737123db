import { notFound, Refusal } from '../../../src/service/protocol/refusal.js'
import { RETRIEVAL_ROUTES } from '../../../src/service/protocol/routes/knowledge.js'
import { problem } from '../../../src/service/protocol/validate.js'
import { answersTo, type Exchange } from '../endpoint.js'
import { type Case, caseOf, casesOf } from '../knowledge/case.js'
import { isGiven, textOf } from '../knowledge/sent.js'
import { poolFor, type Ranked, rank } from '../knowledge/retrieve.js'
import type { Likeness } from '../knowledge/similar.js'
import { teachImport } from '../knowledge/teaching.js'
import { STRATEGIES, type StrategyName, strategyNamed } from '../knowledge/strategies.js'
import { whyNone, writePrecedent } from '../wire/precedent.js'

/** Results of one query. */
const RESULTS = 20
/** What clients may send, and what says nothing here: similarity is of the calls themselves. */
const UNUSED = ['axes', 'intent', 'risk_score'] as const

/** Finding cases, by strategies that have names. */
export const retrievalEndpoints = answersTo(RETRIEVAL_ROUTES, {
  'POST /retrieval/query': async exchange => retrieve(exchange, false),
  'POST /retrieval/query/explained': async exchange => retrieve(exchange, true),
  'GET /retrieval/strategies': () => ({
    strategies: Object.keys(STRATEGIES).map(name => writeStrategy(name as StrategyName)),
    default: 'balanced',
  }),
  'GET /retrieval/strategy/{name}': ({ params }) => {
    const name = strategyNamed(params['name'] ?? '')
    if (name === undefined) throw notFound('strategy')
    return writeStrategy(name)
  },
  'GET /retrieval/stats': stats,
  'POST /retrieval/index': index,
  'POST /retrieval/compare': compare,
})

async function retrieve({ service, body }: Exchange, explained: boolean): Promise<unknown> {
  const strategy = chosen(body, ['strategy', 'strategy_name'], 'balanced')
  const like = likenessOf(body)
  const pool = await poolFor(service, like)
  const ranked = rank(pool, like, strategy, service.clock.now()).slice(0, RESULTS)
  return {
    strategy,
    results: ranked.map(result => writeResult(result, explained)),
    total: ranked.length,
    candidates: pool.length,
    ...(explained ? { weights: STRATEGIES[strategy].weights } : {}),
    unused: UNUSED.filter(field => isGiven(body[field])),
    learning_enabled: service.learns,
    reason: whyNone(service),
  }
}

/** `overlap`: cases that both list, of those that either lists, of their first 20; null where neither lists any. */
async function compare({ service, body }: Exchange): Promise<unknown> {
  const [a, b] = [chosen(body, ['strategy_a'], 'balanced'), chosen(body, ['strategy_b'], 'consequence-focused')]
  const like = likenessOf(body)
  const pool = await poolFor(service, like)
  const listed = (strategy: StrategyName) => rank(pool, like, strategy, service.clock.now()).slice(0, RESULTS)
  const [first, second] = [listed(a), listed(b)]
  const [ids, others] = [new Set(first.map(idOf)), new Set(second.map(idOf))]
  const both = [...ids].filter(id => others.has(id))
  const either = new Set([...ids, ...others]).size
  return {
    strategy_a: a,
    strategy_b: b,
    results_a: first.map(result => writeResult(result, false)),
    results_b: second.map(result => writeResult(result, false)),
    overlap: either === 0 ? null : both.length / either,
    shared_case_ids: both,
    same_first: first.length === 0 ? null : first.slice(0, 1).map(idOf)[0] === second.slice(0, 1).map(idOf)[0],
    learning_enabled: service.learns,
    reason: whyNone(service),
  }
}

/** A case can be found from the moment somebody says how it turned out. One that was imported before that was learnt from is taught now. */
async function index({ service, body }: Exchange): Promise<unknown> {
  const id = String(body['case_id'])
  const found = await caseOf(service, id)
  const known = found?.source === 'import' && !found.isTaught ? await teachImport(service, id) : found
  if (known === undefined) throw notFound('case')
  const isIndexed = service.learns && known.isTaught
  return { case_id: known.id, indexed: isIndexed, reason: isIndexed ? null : whyNotFound(service, known) }
}

function whyNotFound(service: Exchange['service'], { label }: Case): string {
  const reason = whyNone(service)
  if (reason !== null) return reason
  return label === undefined
    ? 'Nobody has said yet how it turned out'
    : 'It was decided while learning was not switched on'
}

/** `indexed`: cases that can be found, which are those of which somebody said how they turned out. */
async function stats({ service }: Exchange): Promise<unknown> {
  let [total, taught] = [0, 0]
  for await (const { isTaught } of casesOf(service)) {
    total++
    if (isTaught) taught++
  }
  const reason = whyNone(service)
  return { indexed: reason === null ? taught : 0, cases: total, strategies: Object.keys(STRATEGIES), reason }
}

/** The strategy that a body names. @throws Refusal 422 */
function chosen(body: Exchange['body'], fields: readonly string[], usual: StrategyName): StrategyName {
  const field = fields.find(name => textOf(body[name]) !== undefined)
  if (field === undefined) return usual
  const name = strategyNamed(String(body[field]))
  if (name !== undefined) return name
  const expected = Object.keys(STRATEGIES).map(known => `'${known}'`)
  throw new Refusal(422, [problem(['body', field], `Input should be ${expected.join(' or ')}`, 'value_error')])
}

function likenessOf(body: Exchange['body']): Likeness {
  return { ...body, actor: body['actor_type'] }
}

function idOf({ similar }: Ranked): string {
  return similar.id
}

function writeResult({ similar, score, features, contributions }: Ranked, explained: boolean) {
  return { ...writePrecedent(similar), score, ...(explained ? { features, contributions } : {}) }
}

function writeStrategy(name: StrategyName) {
  return { name, ...STRATEGIES[name] }
}
