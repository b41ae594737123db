import { type DocumentStore, memoryStore } from 'countersign'
import { postgresStore } from 'countersign/stores/postgres'
import { sqliteStore } from 'countersign/stores/sqlite'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Route } from '../../../src/service/protocol/route.js'
import { FEATURE_ROUTES, INGEST_ROUTES, LEARNING_ROUTES } from '../../../src/service/protocol/routes/background.js'
import { CASE_ROUTES, INSIGHT_ROUTES } from '../../../src/service/protocol/routes/cases.js'
import {
  CALIBRATION_ROUTES,
  PRECEDENT_ROUTES,
  RETRIEVAL_ROUTES,
} from '../../../src/service/protocol/routes/knowledge.js'
import type { Field, OpenShape, Shape } from '../../../src/service/protocol/shape.js'
import { onPostgres } from '../../stores/on-postgres.js'
import { ask, serve, sessionOf } from './support.js'

const ROUTES = Object.entries<Route>({
  ...CASE_ROUTES,
  ...INSIGHT_ROUTES,
  ...PRECEDENT_ROUTES,
  ...RETRIEVAL_ROUTES,
  ...CALIBRATION_ROUTES,
  ...FEATURE_ROUTES,
  ...INGEST_ROUTES,
  ...LEARNING_ROUTES,
})
const NAMES = [
  '__proto__',
  'constructor',
  'toString',
  '',
  'refund',
  'ad\u0000a',
  '\u202egnp.exe',
  '\ud800',
  'x'.repeat(300),
]
const text = fc.oneof(fc.constantFrom(...NAMES), fc.string())

/** Values as a field has them, more often than not. */
function valueOf(field: Field): fc.Arbitrary<unknown> {
  const fitting = (): fc.Arbitrary<unknown> => {
    if (field.words !== undefined) return fc.constantFrom(...field.words)
    if (field.type === 'boolean') return fc.boolean()
    if (field.type === 'integer') return fc.integer({ min: field.min ?? 0, max: Math.min(field.max ?? 1000, 1000) })
    if (field.type === 'number') return fc.double({ min: field.min ?? -1e9, max: field.max ?? 1e9, noNaN: true })
    if (field.type === 'array')
      return fc.array(field.items === undefined ? fc.jsonValue() : valueOf(field.items), { maxLength: 3 })
    if (field.fields !== undefined) return bodyOf(field.fields)
    if (field.type === 'object') return fc.dictionary(text, fc.jsonValue(), { maxKeys: 3 })
    return field.type === 'string' ? text : fc.jsonValue()
  }
  return fc.oneof({ weight: 9, arbitrary: fitting() }, { weight: 1, arbitrary: fc.jsonValue() })
}

function bodyOf(shape: Shape | OpenShape): fc.Arbitrary<Record<string, unknown>> {
  const fields = 'open' in shape && !('type' in shape.open) ? shape.open : shape
  const values = Object.entries(fields as Shape).map(([name, field]) => [
    name,
    field.required === true ? valueOf(field) : fc.option(valueOf(field), { nil: undefined }),
  ])
  return fc.record(Object.fromEntries(values) as Record<string, fc.Arbitrary<unknown>>)
}

/** A request of a route, with whatever the path leaves open. */
const request = fc.constantFrom(...ROUTES).chain(([route, { query = {}, body }]) =>
  fc.record({
    route: fc.constant(route),
    // What a URL takes for a step is another path.
    segment: text.filter(segment => segment !== '.' && segment !== '..'),
    query: bodyOf(query),
    body: body === undefined ? fc.constant(undefined) : bodyOf(body),
  }),
)

/** Sends whatever comes to mind to a server on a store. */
async function beset(store: DocumentStore, numRuns: number): Promise<void> {
  const failures: unknown[] = []
  const { server } = serve({ store, onError: error => failures.push(error) })
  await using _ = server
  const { decision } = await sessionOf(server).run({ id: '1', name: 'refund', input: { to: 'ada' } }, () => 1)
  await fc.assert(
    fc.asyncProperty(request, async ({ route, segment, query, body }) => {
      const search = new URLSearchParams()
      for (const [name, value] of Object.entries(query))
        if (value !== undefined) search.append(name, typeof value === 'string' ? value : JSON.stringify(value))
      const id = segment === 'refund' ? decision.id : encodeURIComponent(segment.toWellFormed())
      const path = route
        .replace('{id}', id || 'x')
        .replace(/\{\w+\}/, encodeURIComponent(segment.toWellFormed()) || 'x')
      const { status, body: answer } = await ask(server, `${path}?${search.toString()}`, body)
      expect(failures).toEqual([])
      expect([200, 404, 422]).toContain(status)
      if (status !== 422) return
      const { detail } = answer
      expect(Array.isArray(detail) ? detail.every(({ loc }) => loc.length > 0) : detail.message).toBeTruthy()
    }),
    { numRuns },
  )
}

const TITLE = 'what is sent to a service that knows things never makes it fail: what is wrong is said, with its place'

describe(TITLE, () => {
  it('on memory', async () => beset(memoryStore(), 1500))
  it('on SQLite', async () => beset(sqliteStore(':memory:'), 1500))
})

await onPostgres(`${TITLE}, on PostgreSQL`, server => {
  it('as on others', async () => beset(postgresStore(server.url(await server.database())), 500))
})

describe('events that name one another', () => {
  it('are put together in a time that grows only with their number, however long the chain of their names', async () => {
    const { server } = serve()
    const sent = (fields: (at: number) => object, from: number) =>
      Array.from({ length: 500 }, (_, at) => ({ event_type: 'ACTION_EXECUTED', ...fields(from + at) }))
    const spent = async (who: 'acme' | 'globex'): Promise<readonly [lifecycles: number, cpu: number]> => {
      const before = process.cpuUsage()
      const { body } = await ask(server, 'GET /ingest/stats', undefined, who)
      return [body.lifecycles.total, process.cpuUsage(before).user]
    }
    for (let from = 0; from < 10_000; from += 500) {
      const chained = sent(at => ({ request_id: `r${at}`, external_ref: 'one' }), from)
      await ask(server, 'POST /ingest/batch', { events: chained }, 'acme')
      const apart = sent(at => ({ request_id: `r${at}`, external_ref: `${at}` }), from)
      await ask(server, 'POST /ingest/batch', { events: apart }, 'globex')
    }
    const rounds: (readonly [number, number])[] = []
    for (let round = 0; round < 3; round++) {
      const [[one, chain], [many, plain]] = [await spent('acme'), await spent('globex')]
      expect([one, many]).toEqual([1, 10_000])
      rounds.push([chain, plain])
    }
    const least = (side: 0 | 1): number => Math.min(...rounds.map(round => round[side]))
    expect(least(0)).toBeLessThan(4 * least(1))
    await server.close()
  }, 60_000)
})
