import type { DecisionServer } from 'countersign/server'
import { describe, expect, it } from 'vitest'
import { ask, serve, sessionOf } from './support.js'

const DAY_MS = 86_400_000
const event = (fields: object) => ({ event_type: 'ACTION_EXECUTED', timestamp: '2026-01-05T10:00:00Z', ...fields })

interface Reported {
  readonly reported_to: readonly string[]
  readonly reconciliation: { readonly status: string } | null
}

describe('events from elsewhere', () => {
  it('are kept once, by their own id or by what they say', async () => {
    const { server } = serve()
    await using _ = server
    const first = await ask(server, 'POST /ingest', event({ external_ref: 'order-1' }))
    expect(first.body).toMatchObject({ accepted: true, duplicate: false, reported_to: [] })
    const again = await ask(server, 'POST /ingest', event({ external_ref: 'order-1' }))
    expect(again.body).toMatchObject({ event_id: first.body.event_id, duplicate: true })
    await ask(server, 'POST /ingest', event({ event_id: 'evt-1', entity_id: 'a' }))
    expect((await ask(server, 'POST /ingest', event({ event_id: 'evt-1', entity_id: 'b' }))).body.duplicate).toBe(true)
    const { body } = await ask(server, 'POST /ingest/batch', {
      events: [event({ external_ref: 'order-1' }), event({ external_ref: 'order-2', adapter: 'shop' })],
    })
    expect(body).toMatchObject({ accepted: 1, duplicates: 1, rejected: 0 })
    expect((await ask(server, 'GET /ingest/stats')).body).toMatchObject({
      total: 3,
      by_event_type: { ACTION_EXECUTED: 3 },
      by_adapter: { generic_webhook: 2, shop: 1 },
      lifecycles: { total: 3, pending: 3, truncated: false },
    })
    expect((await ask(server, 'GET /ingest/adapters')).body.adapters).toEqual(['generic_webhook', 'shop'])
    expect((await ask(server, 'POST /ingest', { event_type: 'SOMETHING' })).status).toBe(422)
  })

  it('without a time or an id are each a new one', async () => {
    const { server } = serve()
    await using _ = server
    const sent = { event_type: 'CHURN_SIGNAL', entity_id: 'a' }
    const [one, other] = [await ask(server, 'POST /ingest', sent), await ask(server, 'POST /ingest', sent)]
    expect(one.body.event_id).not.toBe(other.body.event_id)
    expect(other.body.duplicate).toBe(false)
  })

  const OUTCOME = { event_type: 'OUTCOME_OBSERVED', outcome: { status: 'FAILURE' } }
  const evaluate = async (server: DecisionServer, context: object, dry = false) =>
    (await ask(server, 'POST /actions/evaluate', { action: 'lookup', context, dry_run: dry })).body.request_id as string

  it('that name a decision by its reference alone tell how it turned out, where no other has that reference', async () => {
    const { server } = serve()
    await using _ = server
    const id = await evaluate(server, { external_ref: 'order-1' })
    await evaluate(server, { external_ref: 'order-1' }, true)
    const { body } = await ask(server, 'POST /ingest', { ...OUTCOME, external_ref: 'order-1' })
    expect(body).toMatchObject({
      reported_to: [id],
      reconciliation: { key_name: 'external_ref', key_value: 'order-1', status: 'reconciled', request_ids: [id] },
    })
    expect((await ask(server, `GET /outcomes/${id}`)).body).toMatchObject({ status: 'FAILURE' })

    const other = await evaluate(server, { external_ref: 'order-1' })
    const unclear = await ask(server, 'POST /ingest', { ...OUTCOME, external_ref: 'order-1' })
    expect(unclear.body).toMatchObject({ accepted: true, reported_to: [], reconciliation: { status: 'ambiguous' } })
    expect(unclear.body.reconciliation.request_ids.toSorted()).toEqual([id, other].toSorted())
    expect((await ask(server, `GET /outcomes/${other}`)).status).toBe(404)

    const unknown = await ask(server, 'POST /ingest', { ...OUTCOME, external_ref: 'order-2' })
    expect(unknown.body.reconciliation).toEqual({
      key_name: 'external_ref',
      key_value: 'order-2',
      status: 'unmatched',
      request_ids: [],
    })
  })

  it('tie a reference to a decision or a case for the events that come after them, also in one batch', async () => {
    const { server } = serve()
    await using _ = server
    const id = await evaluate(server, {})
    const { case_id: imported } = (
      await ask(server, 'POST /cases', { domain: 'd', action: { tool: 't' }, verdict: { verdict: 'ALLOWED' } })
    ).body
    const { body } = await ask(server, 'POST /ingest/batch', {
      events: [
        event({ request_id: id, external_ref: 'order-3' }),
        { ...OUTCOME, external_ref: 'order-3' },
        event({ case_id: imported, external_ref: 'order-4' }),
        { event_type: 'FRAUD_DETECTED', external_ref: 'order-4' },
        event({ request_id: 'elsewhere', external_ref: 'order-5' }),
        { ...OUTCOME, external_ref: 'order-5' },
      ],
    })
    const results = body.events.map(({ reported_to: to, reconciliation: of }: Reported) => [to, of?.status ?? null])
    expect(results).toEqual([
      [[], null],
      [[id], 'reconciled'],
      [[], null],
      [[imported], 'reconciled'],
      [[], null],
      [[], 'unmatched'],
    ])
    expect((await ask(server, `GET /cases/${imported}`)).body.outcome_status).toBe('FRAUD')
  })

  it('that tell an outcome in a word of their own are kept, and reported to nothing', async () => {
    const { server } = serve()
    await using _ = server
    const id = await evaluate(server, {})
    const told = { event_type: 'OUTCOME_OBSERVED', request_id: id, outcome: { status: 'delivered' } }
    expect((await ask(server, 'POST /ingest', told)).body).toMatchObject({
      accepted: true,
      reported_to: [],
      reconciliation: { status: 'unknown_status', request_ids: [] },
    })
    expect((await ask(server, `GET /outcomes/${id}`)).status).toBe(404)
  })

  it('are of their tenant: a reference that another one has is neither found nor in the way', async () => {
    const { server } = serve()
    await using _ = server
    const theirs = await ask(
      server,
      'POST /actions/evaluate',
      { action: 'lookup', context: { external_ref: 'o' } },
      'globex',
    )
    expect((await ask(server, 'POST /ingest', { ...OUTCOME, external_ref: 'o' })).body.reported_to).toEqual([])
    const id = await evaluate(server, { external_ref: 'o' })
    expect((await ask(server, 'POST /ingest', { ...OUTCOME, external_ref: 'o' })).body.reported_to).toEqual([id])
    expect((await ask(server, `GET /outcomes/${theirs.body.request_id}`, undefined, 'globex')).status).toBe(404)
  })

  it('are put together with the decision they belong to, through whatever key ties them to it', async () => {
    const { server } = serve()
    await using _ = server
    const { decision } = await sessionOf(server).run({ id: '1', name: 'lookup', input: {} }, () => 1)
    await ask(server, 'POST /ingest', event({ request_id: decision.id, entity_id: 'ada', tenant_ref: 't' }))
    await ask(
      server,
      'POST /ingest',
      event({ event_type: 'TICKET_REOPENED', entity_id: 'ada', external_ref: 'ticket' }),
    )
    const { body } = await ask(server, 'GET /ingest/lifecycle?external_ref=ticket')
    expect(body).toMatchObject({ total: 1, truncated: false })
    expect(body.lifecycle).toMatchObject({
      lifecycle_id: decision.id,
      status: 'pending',
      keys: { request_id: [decision.id], entity_id: ['ada'], external_ref: ['ticket'], tenant_ref: ['t'] },
      events: [{ event_type: 'ACTION_EXECUTED' }, { event_type: 'TICKET_REOPENED' }],
      decisions: [{ request_id: decision.id, execution_status: 'executed', label: null }],
    })
    expect((await ask(server, `GET /ingest/lifecycle?case_id=${decision.id}`)).body.lifecycle.lifecycle_id).toBe(
      decision.id,
    )
    expect((await ask(server, 'GET /ingest/lifecycle?external_ref=none')).body).toMatchObject({
      lifecycle: null,
      total: 0,
    })
    expect((await ask(server, 'GET /ingest/lifecycle')).status).toBe(422)
  })

  it('that say how a decision turned out are reported to it, once', async () => {
    const { server } = serve()
    await using _ = server
    const governor = sessionOf(server)
    const { decision } = await governor.run({ id: '1', name: 'lookup', input: {} }, () => 1)
    const sent = event({
      event_type: 'FRAUD_DETECTED',
      request_id: decision.id,
      outcome: { status: 'FRAUD', revenue_impact: -9 },
    })
    expect((await ask(server, 'POST /ingest', sent)).body.reported_to).toEqual([decision.id])
    expect((await ask(server, 'POST /ingest', sent)).body).toMatchObject({ duplicate: true, reported_to: [] })
    expect((await governor.decisions.get(decision.id))?.outcomes).toMatchObject([
      { status: 'FRAUD', revenueImpact: -9, reportedBy: 'acme' },
    ])
    expect((await ask(server, 'GET /ingest/lifecycles?status_filter=closed')).body).toMatchObject({ total: 1 })
  })

  it('reconcile an outcome with every decision that a key names', async () => {
    const { server } = serve()
    await using _ = server
    const governor = sessionOf(server)
    const run = async (id: string, metadata: Record<string, unknown> = {}) =>
      (await governor.run({ id, name: 'lookup', input: { id } }, () => 1, { profile: { metadata } })).decision.id
    const [named, told, tied, other] = [
      await run('1', { entity_id: 'ada' }),
      await run('2'),
      await run('3'),
      await run('4'),
    ]
    await ask(server, 'POST /ingest', event({ request_id: told, entity_id: 'ada' }))
    await ask(server, 'POST /ingest', event({ entity_id: 'ada', external_ref: 'ticket' }))
    await ask(server, 'POST /ingest', event({ request_id: tied, external_ref: 'ticket' }))
    const key = { key_name: 'entity_id', key_value: 'ada' }
    const { body } = await ask(server, 'POST /ingest/reconcile', { ...key, outcome: { status: 'CHURN' } })
    expect(body.reconciled).toBe(3)
    expect(new Set(body.request_ids)).toEqual(new Set([named, told, tied]))
    for (const id of [named, told, tied])
      expect((await governor.decisions.get(id))?.outcomes).toMatchObject([{ status: 'CHURN' }])
    expect((await governor.decisions.get(other))?.outcomes).toEqual([])
    expect((await ask(server, 'POST /ingest/reconcile', key)).status).toBe(422)
    const none = await ask(server, 'POST /ingest/reconcile', { ...key, key_value: 'bob', outcome: { status: 'CHURN' } })
    expect(none.body).toMatchObject({ reconciled: 0, request_ids: [] })
  })

  it('reconcile an imported case, too', async () => {
    const { server } = serve()
    await using _ = server
    const { body: imported } = await ask(server, 'POST /cases', {
      domain: 'd',
      action: { tool: 't' },
      verdict: { verdict: 'ALLOWED' },
    })
    const key = { key_name: 'case_id', key_value: imported.case_id }
    await ask(server, 'POST /ingest/reconcile', { ...key, outcome: { status: 'SUCCESS' } })
    expect((await ask(server, `GET /cases/${imported.case_id}`)).body).toMatchObject({
      outcome_status: 'SUCCESS',
      label: 'good',
    })
  })

  it('are waited for, and found stale when nothing came for days', async () => {
    const { server, clock } = serve()
    await using _ = server
    const governor = sessionOf(server)
    const { decision: old } = await governor.run({ id: '1', name: 'lookup', input: {} }, () => 1)
    await governor.run({ id: '2', name: 'drop_table', input: {} }, () => 1)
    clock.advance(8 * DAY_MS)
    const { decision: fresh } = await governor.run({ id: '3', name: 'lookup', input: {} }, () => 1)
    const ids = (items: readonly { readonly lifecycle_id: string }[]) => items.map(item => item.lifecycle_id)
    expect(ids((await ask(server, 'GET /ingest/pending')).body.pending)).toEqual([fresh.id, old.id])
    expect(ids((await ask(server, 'GET /ingest/stale')).body.stale)).toEqual([old.id])
    expect(ids((await ask(server, 'GET /ingest/stale?stale_after_days=9')).body.stale)).toEqual([])
    await governor.reportOutcome({ decisionId: old.id, status: 'SUCCESS' })
    expect(ids((await ask(server, 'GET /ingest/pending')).body.pending)).toEqual([fresh.id])
    expect((await ask(server, 'GET /ingest/lifecycles?status_filter=blocked')).body.total).toBe(1)
  })

  it('of one tenant are never seen or reconciled by another', async () => {
    const { server } = serve()
    await using _ = server
    const governor = sessionOf(server)
    const { decision } = await governor.run({ id: '1', name: 'lookup', input: {} }, () => 1)
    await ask(server, 'POST /ingest', event({ request_id: decision.id, external_ref: 'order-1' }))
    const theirs = async (route: string, body?: object) => (await ask(server, route, body, 'globex')).body
    expect(await theirs('GET /ingest/lifecycle?external_ref=order-1')).toMatchObject({ lifecycle: null })
    expect(await theirs('GET /ingest/stats')).toMatchObject({ total: 0 })
    for (const [key_name, key_value] of [
      ['external_ref', 'order-1'],
      ['request_id', decision.id],
    ])
      expect(
        await theirs('POST /ingest/reconcile', { key_name, key_value, outcome: { status: 'FRAUD' } }),
      ).toMatchObject({ reconciled: 0 })
    const sent = event({ request_id: decision.id, outcome: { status: 'FRAUD' } })
    expect(await theirs('POST /ingest', sent)).toMatchObject({ reported_to: [] })
    expect((await governor.decisions.get(decision.id))?.outcomes).toEqual([])
  })
})
