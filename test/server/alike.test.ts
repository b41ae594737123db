import { standInService } from 'countersign/testing'
import { describe, expect, it } from 'vitest'
import { type Answer, askAt, type Sending, serve } from './support.js'

type Ask = (route: string, body?: unknown, sending?: Sending) => Promise<Answer>
type Known = Record<string, string>

/** What is asked, and what is remembered of the answer for the questions after it. */
interface Step {
  readonly route: string | ((known: Known) => string)
  readonly body?: object | ((known: Known) => object)
  readonly key?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly raw?: string
  readonly remember?: string
  /** Where in the answer it is. @defaultValue `request_id` */
  readonly from?: string
}

const REFUND = {
  action: 'refund',
  actor: 'bot',
  value: 900,
  domain: 'payments',
  context: { session_id: 's', call_id: 'c' },
}
const BOSS = { key: 'approver-key-of-the-tests' }
const EVENT = { event_id: 'e-1', tool: 'look', status: 'executed' }
const repeated = { headers: { 'idempotency-key': 'k-1' } }

/** Requests that clients send, in an order that makes sense. */
const STEPS: readonly Step[] = [
  { route: 'POST /actions/evaluate', body: { action: 'look' }, remember: 'look' },
  { route: 'POST /actions/evaluate', body: REFUND, remember: 'refund' },
  { route: 'POST /actions/submit', body: { action: 'look', metadata: { order: 1 } } },
  { route: 'POST /actions/submit/v2', body: { action: 'look', anything: [1] } },
  { route: 'POST /actions/submit/dry-run', body: { action: 'look' } },
  { route: 'POST /actions/evaluate', body: { action: 'look', dry_run: true } },
  { route: 'POST /actions/evaluate/batch', body: { actions: [{ action: 'look' }, { action: 'look' }] } },
  { route: 'POST /actions/evaluate', body: { action: 'repeat' }, ...repeated },
  { route: 'POST /actions/evaluate', body: { action: 'repeat' }, ...repeated },
  { route: 'POST /actions/evaluate', body: { action: 'another' }, ...repeated },
  { route: 'POST /actions/evaluate', body: {} },
  { route: 'POST /actions/evaluate', body: { action: 5 } },
  { route: 'POST /actions/evaluate', body: { action: 'a', value: '120' } },
  { route: 'POST /actions/evaluate', raw: '{"action":' },
  { route: 'POST /actions/evaluate', raw: '{"action":"a"}', headers: { 'content-type': 'text/plain' } },
  { route: 'POST /actions/evaluate', body: { action: 'a' }, key: '' },
  { route: 'POST /actions/evaluate', body: { action: 'a' }, key: 'wrong' },
  { route: 'POST /actions/evaluate/batch', body: { actions: [{}] } },
  { route: 'GET /actions/status' },
  { route: 'GET /actions/observer/stats' },
  { route: 'GET /actions/dashboard/summary' },
  { route: 'GET /actions/dashboard/value-protected-history?days=7' },
  { route: 'GET /actions/dashboard/value-protected-history?days=0' },
  { route: known => `GET /actions/validations/${known['look']}/verify` },
  { route: 'POST /actions/live/connect', body: { actor: 'bot' }, remember: 'connection', from: 'connection_id' },
  { route: 'POST /actions/live/heartbeat', body: known => ({ connection_id: known['connection'] }) },
  { route: 'POST /actions/live/disconnect', body: known => ({ connection_id: known['connection'] }) },
  { route: 'GET /approvals' },
  { route: 'GET /approvals?status=all&limit=1' },
  { route: known => `POST /approvals/${known['refund']}/resolve`, body: { resolution: 'approved' } },
  { route: known => `POST /approvals/${known['refund']}/resolve`, body: { resolution: 'maybe' }, ...BOSS },
  {
    route: known => `POST /approvals/${known['refund']}/resolve`,
    body: { resolution: 'approved', comment: 'ok' },
    ...BOSS,
  },
  { route: known => `POST /approvals/${known['refund']}/resolve`, body: { resolution: 'approved' }, ...BOSS },
  {
    route: known => `POST /approvals/${known['refund']}/resolve`,
    body: { resolution: 'approved', comment: 'ok' },
    ...BOSS,
  },
  { route: known => `POST /approvals/${known['refund']}/resolve`, body: { resolution: 'denied' }, ...BOSS },
  { route: 'POST /approvals/nothing/resolve', body: { resolution: 'approved' }, ...BOSS },
  { route: 'POST /outcomes/report', body: known => ({ request_id: known['look'], status: 'SUCCESS', tags: ['t'] }) },
  { route: 'POST /outcomes/report', body: { status: 'SUCCESS' } },
  { route: 'POST /outcomes/report', body: known => ({ request_id: known['look'], status: 'TOOL_ERROR' }) },
  { route: 'POST /outcomes/report', body: { request_id: 'nothing', status: 'SUCCESS' } },
  {
    route: 'POST /outcomes/report/batch',
    body: known => ({
      outcomes: [
        { request_id: known['refund'], status: 'FAILURE' },
        { request_id: 'x', status: 'FRAUD' },
      ],
    }),
  },
  { route: known => `GET /outcomes/${known['look']}` },
  { route: known => `GET /outcomes/${known['look']}/timeline` },
  { route: 'GET /outcomes/nothing' },
  { route: 'GET /outcomes/nothing/timeline' },
  { route: 'GET /outcomes/taxonomy' },
  { route: 'GET /outcomes/pending/list' },
  { route: 'GET /outcomes/analytics/summary' },
  { route: 'GET /outcomes/analytics/recommendation-quality' },
  { route: 'GET /outcomes/analytics/partner-view/payments' },
  { route: 'POST /actions/memory/ingest', body: { source: 'adapter', events: [EVENT, EVENT] } },
  { route: 'POST /actions/memory/ingest', body: { source: 'adapter', events: [{ tool: 'x' }] } },
  { route: 'GET /actions/memory/context?window_hours=1' },
  { route: 'GET /actions/memory/context?limit_recent=many' },
  { route: 'POST /actions/memory/refresh-aggregates?concurrent=true' },
  { route: 'POST /actions/memory/recommendations', body: { window_hours: 1 } },
  { route: 'GET /kill-switch/status' },
  { route: 'POST /kill-switch/activate', body: { reason: 'stop' }, remember: 'switch', from: 'switch_id' },
  { route: 'GET /kill-switch/status' },
  { route: 'POST /actions/evaluate', body: { action: 'look' } },
  { route: known => `POST /kill-switch/deactivate/${known['switch']}`, body: {} },
  { route: known => `POST /kill-switch/deactivate/${known['switch']}`, body: {}, ...BOSS },
  { route: 'POST /kill-switch/deactivate/nothing', body: {}, ...BOSS },
  { route: 'GET /nowhere' },
]

/** What a client that reads one can count on reading of the other: kinds of values by their names; what is null may be anything. */
function expectShape(theirs: unknown, ours: unknown, place: string): void {
  if (theirs === null || theirs === undefined || ours === null) return
  expect(kindOf(ours), place).toBe(kindOf(theirs))
  if (Array.isArray(theirs)) {
    if (theirs.length > 0 && (ours as unknown[]).length > 0)
      expectShape(theirs[0], (ours as unknown[])[0], `${place}[]`)
    return
  }
  if (typeof theirs !== 'object') return
  for (const [name, value] of Object.entries(theirs)) {
    expect(Object.keys(ours as object), place).toContain(name)
    expectShape(value, (ours as Record<string, unknown>)[name], `${place}.${name}`)
  }
}

const kindOf = (value: unknown): string => (Array.isArray(value) ? 'array' : typeof value)

/** Whose fields depend on what was asked: names of tools, of filters and of events. */
const FREE = /\.(?:by_status|filters|summary|recent_events|events)$|\/(?:recommendations|nowhere)/

describe('the stand-in service and the server', () => {
  it('answer the same requests alike', async () => {
    const decide = ({ action, value }: { action: string; value?: number | null }) =>
      action === 'refund' && (value ?? 0) > 100
        ? ({
            recommendation: 'review_recommended',
            result: 'requires_approval',
            requires_approval: true,
            allowed: false,
            human_review: true,
            reason: 'over 100',
            blocked_by: 'big-refund',
          } as const)
        : undefined
    const service = await standInService({
      decide,
      apiKeys: ['agent-key-of-the-tests'],
      approverKeys: ['approver-key-of-the-tests'],
    })
    await using server = serve()
    const theirs = askAt(service.url)
    const play = async (ask: Ask) => {
      const known: Known = {}
      const answers: Answer[] = []
      for (const { route, body, remember, from = 'request_id', ...sending } of STEPS) {
        const path = typeof route === 'string' ? route : route(known)
        const answer = await ask(path, typeof body === 'function' ? body(known) : body, sending)
        if (remember !== undefined) known[remember] = answer.body[from]
        answers.push(answer)
      }
      return answers
    }
    try {
      const [stand, real] = [await play(theirs), await play(server.ask)]
      for (const [index, { route, body }] of STEPS.entries()) {
        const [one, other] = [stand[index], real[index]] as [Answer, Answer]
        const place = `${index}: ${typeof route === 'string' ? route : route({})} ${JSON.stringify(body)}`
        expect(other.status, `${place} ${JSON.stringify(other.body)}`).toBe(one.status)
        expect(other.headers.get('idempotency-replayed'), place).toBe(one.headers.get('idempotency-replayed'))
        if (one.status === 422) expect(problemsOf(other), place).toEqual(problemsOf(one))
        else if (!FREE.test(place)) expectShape(one.body, other.body, place)
      }
    } finally {
      await service.close()
    }
  })
})

const problemsOf = ({ body }: Answer): unknown =>
  body.detail.map(({ loc, type }: { loc: unknown; type: unknown }) => [loc, type])
