import { beforeAll, afterAll, describe, expect, it } from 'vitest'
import { least, type Operation, operationsOf } from './from-document.js'
import { type Answer, POLICY, serve, type Served } from './support.js'

/** In every text that the other tenant writes. */
const MARK = 'marmalade'
const KEYS = [
  { key: 'mine-key-of-the-tests', role: 'approver', name: 'ann', tenant: 'acme' },
  { key: 'agent-key-of-the-tests', role: 'agent', name: 'bot', tenant: 'acme' },
  { key: 'stray-key-of-the-tests', role: 'agent', name: 'stray' },
  { key: 'theirs-key-of-the-tests', role: 'approver', name: MARK, tenant: 'beta' },
] as const

/** Fields of a request that name something. */
const NAMES = new Set(['request_id', 'case_id', 'validation_id', 'connection_id', 'rule_id', 'id', 'key_value'])

let service: Served
let operations: readonly Operation[]
/** Everything of the other tenant that has a name. */
const ids = new Set<string>()

const as = (key: string) => (route: string, body?: unknown) => service.ask(route, body, { key })

/** Notes every id in an answer, wherever it is. */
function collect(value: unknown): void {
  if (typeof value !== 'object' || value === null) return
  for (const [name, inner] of Object.entries(value)) {
    if (typeof inner === 'string' && /(?:^|_)id$/.test(name) && inner.length > 12) ids.add(inner)
    else collect(inner)
  }
}

beforeAll(async () => {
  service = serve({ keys: KEYS, policy: POLICY, learning: true })
  const theirs = as('theirs-key-of-the-tests')
  const write = async (route: string, body?: unknown): Promise<Answer> => {
    const answer = await theirs(route, body)
    expect(answer.status, `${route}: ${JSON.stringify(answer.body)}`).toBe(200)
    collect(answer.body)
    return answer
  }
  const context = { session_id: MARK, customer: MARK }
  const asked = { action: 'pay', value: 5, domain: MARK, actor: MARK, target: MARK, context }
  const paid = await write('POST /actions/evaluate', asked)
  await write('POST /actions/evaluate', { ...asked, action: 'refund', value: 500 })
  await write('POST /actions/evaluate', { ...asked, value: 6 })
  await write('POST /outcomes/report', { request_id: paid.body.request_id, status: 'SUCCESS', description: MARK })
  await write('POST /actions/live/connect', { actor: MARK })
  await write('POST /actions/memory/ingest', {
    source: MARK,
    events: [{ event_id: MARK, tool: MARK, status: 'executed', actor: MARK }],
  })
  const imported = await write('POST /cases', {
    domain: MARK,
    action: { tool: 'pay', action: MARK },
    verdict: { verdict: 'ALLOWED' },
    goal_summary: MARK,
  })
  await write('POST /features/snapshot', { case_id: imported.body.case_id ?? imported.body.id })
  await write('POST /calibration/observe', {
    case_id: paid.body.request_id,
    predicted_risk: 0.5,
    outcome_status: 'SUCCESS',
    domain: MARK,
  })
  await write('POST /ingest', { event_type: 'FRAUD_DETECTED', external_ref: MARK, domain: MARK, adapter: MARK })
  await write('POST /ops/learning/recompute', { domain: MARK })
  await write('POST /rules', { name: MARK, domain: MARK, max_per_day: 3, max_value: 10 })
  await write('POST /api-keys', { label: MARK })
  await write('POST /webhooks', { url: 'https://hooks.example.com/beta', label: MARK, is_active: false })
  await write('GET /approvals')
  await write('GET /simulations')
  const { body } = await theirs('GET /openapi.json')
  operations = operationsOf(body)
})

afterAll(() => service.server.close())

/** What lists leave out unless they are asked for it. */
const WHOLE: Readonly<Record<string, string>> = {
  'GET /api-keys': '?include_revoked=true',
  'GET /webhooks': '?include_inactive=true',
}

/** Everything that may be read of a tenant without naming anything. */
async function everything(key: string): Promise<ReadonlyMap<string, unknown>> {
  const reads = operations.filter(({ route }) => route.startsWith('GET ') && !route.includes('{'))
  const all = new Map<string, unknown>()
  for (const operation of reads) {
    const { status, body } = await as(key)(least(operation).route + (WHOLE[operation.route] ?? ''))
    expect([operation.route, status < 500]).toEqual([operation.route, true])
    if (status === 200) all.set(operation.route, body)
  }
  return all
}

/** Requests to an operation that name, wherever something can be named, what is another's. */
function naming(operation: Operation, id: string): { readonly route: string; readonly body: unknown } {
  const { route, body } = least({ ...operation, route: operation.route.replaceAll(/\{\w+\}/g, id) })
  const properties = operation.body?.properties ?? {}
  const named = Object.keys(properties).filter(name => NAMES.has(name))
  const given = Object.fromEntries(named.map(name => [name, id]))
  if ('status' in properties && route.includes('outcome')) Object.assign(given, { status: 'SUCCESS' })
  return { route, body: body === undefined ? undefined : { ...(body as object), ...given } }
}

/** Whether a path names one thing that somebody owns. */
function isOfOne({ route }: Operation): boolean {
  return route.includes('{') && !route.includes('partner-view')
}

/** What an answer says that was not asked. */
const without = (text: string, id: string): string => text.replaceAll(id, '').replaceAll(encodeURIComponent(id), '')

describe('tenants', () => {
  it('see what is theirs, so that what others do not see is there', async () => {
    const seen = [...(await everything('theirs-key-of-the-tests'))].filter(([, body]) =>
      JSON.stringify(body).includes(MARK),
    )
    expect(seen.map(([route]) => route)).toEqual(
      expect.arrayContaining([
        'GET /approvals',
        'GET /cases',
        'GET /rules',
        'GET /api-keys',
        'GET /events',
        'GET /webhooks',
        'GET /actions/memory/context',
        'GET /ingest/lifecycles',
        'GET /outcomes/pending/list',
      ]),
    )
    expect(ids.size).toBeGreaterThan(8)
  })

  it.each(['mine-key-of-the-tests', 'agent-key-of-the-tests', 'stray-key-of-the-tests'])(
    'read nothing of each other where nothing is named (key %s)',
    async key => {
      for (const [route, body] of await everything(key)) {
        expect(`${route} ${JSON.stringify(body)}`).not.toContain(MARK)
        for (const id of ids) expect(`${route} ${JSON.stringify(body)}`).not.toContain(id)
      }
    },
  )

  it.each(['mine-key-of-the-tests', 'agent-key-of-the-tests', 'stray-key-of-the-tests'])(
    'neither read nor change what they can name (key %s)',
    async key => {
      expect(operations.length).toBeGreaterThan(100)
      const before = await everything('theirs-key-of-the-tests')
      for (const operation of operations) {
        for (const id of ids) {
          const { route, body } = naming(operation, id)
          const answer = await as(key)(route, body)
          const text = without(JSON.stringify(answer.body), id)
          expect(`${route} ${text}`).not.toContain(MARK)
          if (isOfOne(operation)) expect([route, answer.status]).not.toEqual([route, 200])
        }
      }
      const after = await everything('theirs-key-of-the-tests')
      for (const [route, body] of before) expect([route, after.get(route)]).toEqual([route, body])
    },
  )
})
