import { standInService, type StandInService } from 'countersign/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { least, type Operation, operationsOf } from './from-document.js'
import { type Answer, askAt, serve, type Served, type Sending } from './support.js'

type Both = readonly [stand: Answer, real: Answer]

let stand: StandInService
let real: Served
let operations: readonly Operation[]

beforeAll(async () => {
  stand = await standInService({
    apiKeys: ['agent-key-of-the-tests'],
    approverKeys: ['approver-key-of-the-tests'],
  })
  real = serve({ maxWrongKeysPerMinute: 1e6 })
  operations = operationsOf((await real.ask('GET /openapi.json')).body).filter(({ route }) => !OWN.has(route))
})
afterAll(async () => {
  await stand.close()
  await real.server.close()
})

/** What only the real one has. */
const OWN = new Set(['GET /openapi.json', 'POST /approvals/by-token'])

async function both(route: string, body?: unknown, sending?: Sending): Promise<Both> {
  return [await askAt(stand.url)(route, body, sending), await real.ask(route, body, sending)]
}

interface Found {
  readonly loc: readonly unknown[]
  readonly type: string
}

/** What is wrong with a request; nothing where it is not that. */
function problemsOf({ status, body }: Answer): readonly Found[] {
  return status === 422 && Array.isArray(body.detail) ? (body.detail as readonly Found[]) : []
}

/** The stand-in takes no field that it does not know, so that a test finds a slip; a service lets them through. */
const isSlip = ({ type }: Found): boolean => type === 'extra_forbidden'
/** What is wrong with the meaning of a request that has the right shape, or with a name of ours: the stand-in does not look at that. */
const isOfMeaning = ({ loc, type }: Found): boolean =>
  ['value_error', 'unsupported', 'url'].includes(type) ||
  (type === 'enum' && (loc[1] === 'scopes' || loc[1] === 'events'))
const key = ({ loc, type }: Found): string => `${loc.join('.')} ${type}`

/** Here there are no accounts: a clear 501. */
const isOfAccounts = ({ route }: Operation): boolean => route.includes('/auth/')
/** Answers that hold a secret are given once. */
const isSecret = ({ route }: Operation): boolean => /^POST \/(?:api-keys|webhooks)(?:$|\/\{id\}\/rotate)/.test(route)

/** A request that both take, where the least one says nothing. */
const SAID: Readonly<Record<string, object>> = {
  'POST /actions/evaluate/batch': { actions: [{ action: 'x' }] },
  'POST /outcomes/report': { request_id: 'x', status: 'SUCCESS' },
  'POST /webhooks': { url: 'https://hooks.example.com/x' },
}

describe('the stand-in service and the server, on every route', () => {
  it('let the same people in', async () => {
    const found: string[] = []
    for (const operation of operations) {
      if (isOfAccounts(operation)) continue
      const { route, body } = least(operation)
      for (const who of ['', 'wrong', 'agent-key-of-the-tests']) {
        const [one, other] = await both(route, body, { key: who })
        const refused = [one, other].map(({ status }) => status === 401 || status === 403)
        if (refused[0] !== refused[1] || (refused[0] === true && one.status !== other.status))
          found.push(`${operation.route} as "${who}": ${one.status} and ${other.status}`)
      }
    }
    expect(found).toEqual([])
    expect(operations.length).toBe(127)
  })

  it('find the same wrong with the shape of bodies', async () => {
    const found: string[] = []
    let refused = 0
    for (const operation of operations) {
      const { route, body } = least(operation)
      if (body === undefined || isOfAccounts(operation)) continue
      for (const wrong of wrongBodies(body as object, Object.keys(operation.body?.properties ?? {}))) {
        const [one, other] = await both(route, wrong, { key: 'approver-key-of-the-tests' })
        const theirs = problemsOf(one).filter(problem => !isSlip(problem))
        const ours = problemsOf(other).filter(problem => !isOfMeaning(problem))
        if (theirs.length > 0) refused++
        if (theirs.map(key).join(', ') === ours.map(key).join(', ')) continue
        found.push(`${operation.route} ${JSON.stringify(wrong)}: ${theirs.map(key).join()} and ${ours.map(key).join()}`)
      }
    }
    expect(found).toEqual([])
    expect(refused).toBeGreaterThan(500)
  }, 120_000)

  it('take every write under an idempotency key once, and refuse another one under the same', async () => {
    const found: string[] = []
    let replayed = 0
    for (const [index, operation] of operations.entries()) {
      if (operation.route.startsWith('GET') || isOfAccounts(operation) || isSecret(operation)) continue
      const { route, body: simplest } = least(operation)
      const body = SAID[operation.route] ?? simplest
      const keyed = { key: 'approver-key-of-the-tests', headers: { 'idempotency-key': `k-${index}` } }
      const first = await both(route, body, keyed)
      // What one does not know, and the other makes up, is no write to repeat.
      if (first.some(({ status }) => status !== 200)) continue
      const again = await both(route, body, keyed)
      const marks = again.map(({ status, headers }) => `${status} ${headers.get('idempotency-replayed')}`)
      if (marks[0] !== marks[1]) found.push(`${operation.route}: ${marks.join(' and ')}`)
      if (marks[0] === '200 true') replayed++
      const changed = JSON.stringify(body ?? {}).replace('"x"', '"y"')
      if (changed === JSON.stringify(body ?? {})) continue
      const other = await both(route, JSON.parse(changed), keyed)
      const statuses = other.map(({ status }) => status)
      if (statuses.some(status => status !== 409))
        found.push(`${operation.route} ${changed}: ${statuses.join(' and ')}`)
    }
    expect(found).toEqual([])
    expect(replayed).toBeGreaterThan(20)
  }, 60_000)

  it('say of what they do not know that it is not there, and of what is no path', async () => {
    for (const route of [
      'GET /outcomes/none',
      'GET /cases/none',
      'GET /rules/none',
      'GET /webhooks/none',
      'GET /nowhere',
    ]) {
      const [one, other] = await both(route, undefined, { key: 'approver-key-of-the-tests' })
      expect([one.status, other.status], route).toEqual([404, 404])
    }
    const raw = await both('POST /actions/evaluate', undefined, { raw: '{"action":' })
    expect(raw.map(({ status }) => status)).toEqual([422, 422])
  })
})

/** Bodies with something odd in a field, or without one; and what is no body at all. */
function wrongBodies(body: object, fields: readonly string[]): readonly unknown[] {
  const odd = fields.flatMap(field =>
    [{ odd: 1 }, ['odd'], true, 'odd', -1.5].map(value => Object.assign({}, body, { [field]: value })),
  )
  const lacking = Object.keys(body).map(field =>
    Object.fromEntries(Object.entries(body).filter(([name]) => name !== field)),
  )
  return [[], 'text', 5, ...odd, ...lacking]
}
