import { serve as listen } from '@hono/node-server'
import { decisionService } from 'countersign/client'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { serve, sessionOf, teach } from './support.js'

/** The client of this package, asking a server of this package over a port. */
async function connected() {
  const { server, clock } = serve()
  const listener = listen({ fetch: server.app.fetch, port: 0, hostname: '127.0.0.1' })
  await once(listener, 'listening')
  const { port } = listener.address() as AddressInfo
  const client = decisionService({ baseUrl: `http://127.0.0.1:${port}`, apiKey: 'acme-secret-of-the-tests' })
  const close = async (): Promise<void> => {
    client.close()
    await new Promise(resolve => listener.close(resolve))
    await server.close()
  }
  return { server, clock, client, [Symbol.asyncDispose]: close }
}

const LIKE = { domain: 'payments', action: 'refund', tool: 'refund' }
const CALL = { tool: 'send_mail', arguments: { to: 'ada@example.com' } }
const IMPORTED = {
  domain: 'claims',
  action: { tool: 'pay_claim', value: 250 },
  verdict: { verdict: 'ALLOWED' as const },
}

describe('the client of this package', () => {
  it('asks for cases, precedents and retrieval', async () => {
    await using service = await connected()
    const { client, clock, server } = service
    const ids = await teach(sessionOf(server), clock)
    const { caseId } = await client.cases.create({ ...IMPORTED, context: { any: 1 }, tags: ['a'] })
    expect((await client.cases.list({ domain: 'claims', hasOutcome: false }))['cases']).toMatchObject([{ caseId }])
    expect(await client.cases.reportOutcome(String(caseId), { status: 'SUCCESS', revenueImpact: 3 })).toMatchObject({
      status: 'SUCCESS',
    })
    expect(await client.cases.get(String(ids[0]))).toMatchObject({ label: 'good' })
    expect(await client.cases.calibration({ domain: 'payments' })).toMatchObject({ n: 8 })
    const similar = await client.cases.precedents({
      domain: 'payments',
      action: { action: 'refund', arguments: { to: 'mallory' } },
      minSimilarity: 0,
    })
    expect(similar).toMatchObject({ total: 8, signals: { negative: 4 } })
    expect(await client.precedents.query({ ...LIKE, minSimilarity: 0 })).toMatchObject({ total: 8 })
    expect(await client.precedents.signals(LIKE)).toHaveProperty('totalPrecedents')
    expect(await client.precedents.stats()).toMatchObject({ total: 9 })
    expect(await client.retrieval.query(LIKE)).toMatchObject({ strategy: 'balanced', total: 8 })
    expect(await client.retrieval.queryExplained({ ...LIKE, strategy: 'recent' })).toMatchObject({ strategy: 'recent' })
    expect(await client.retrieval.strategies()).toHaveProperty('strategies')
    expect(await client.retrieval.strategy('exact-first')).toMatchObject({ name: 'exact-first' })
    expect(await client.retrieval.stats()).toMatchObject({ indexed: 9 })
    const index = { ...LIKE, caseId: String(ids[0]), orgId: 'acme' }
    expect(await client.retrieval.index(index)).toMatchObject({ indexed: true })
    expect(await client.retrieval.compare(LIKE)).toMatchObject({ strategyB: 'consequence-focused', overlap: 1 })
  })

  it('asks how good predictions were, and what they were', async () => {
    await using service = await connected()
    const { client, clock, server } = service
    const ids = await teach(sessionOf(server), clock)
    const id = String(ids[0])
    await client.calibration.observe({ caseId: 'x', predictedRisk: 0.2, outcomeStatus: 'SUCCESS' })
    expect(await client.calibration.report({ riskBand: 'low' })).toMatchObject({ observed: 1 })
    expect(await client.calibration.reliability({ domain: 'payments' })).toMatchObject({ n: 8 })
    expect(await client.calibration.drift({ windowDays: 3 })).toMatchObject({ windowDays: 3 })
    expect(await client.calibration.breakdown()).toMatchObject({ by: 'domain', breakdown: [{ key: 'payments' }] })
    expect(await client.calibration.feedback({})).toHaveProperty('missed')
    expect(await client.calibration.qualityHistory()).toMatchObject([{ n: 8 }])
    expect(await client.simulations.list()).toMatchObject({ total: 8 })
    expect(await client.simulations.get(id)).toMatchObject({ requestId: id })
    expect(await client.simulations.byRequest(id)).toMatchObject({ requestId: id })
    expect(await client.simulations.compare(id)).toMatchObject({ comparison: { actual: 'good' } })
    expect(await client.simulations.accuracy({ tool: 'refund' })).toMatchObject({ total: 8 })
    expect(await client.simulations.stats()).toMatchObject({ total: 8 })
    expect(await client.insights.advise(LIKE)).toMatchObject({ risk: 0.5 })
    expect(await client.insights.patterns({ minSeverity: 'low' })).toMatchObject({ patterns: [] })
    expect(await client.insights.learn()).toMatchObject({ learned: 0 })
    expect(await client.insights.profile({ tool: 'refund' })).toMatchObject({ profile: { calls: 8 } })
    expect(await client.learning.strategy()).toMatchObject({ enabled: true })
    expect(await client.learning.recompute({ asyncMode: false })).toMatchObject({ status: 'completed', cases: 8 })
    expect(await client.learning.backfill({ domain: 'payments', asyncMode: false })).toMatchObject({ kind: 'backfill' })
    expect((await client.learning.runs())['runs']).toHaveLength(2)
  })

  it('asks for features, and tells of events', async () => {
    await using service = await connected()
    const { client, clock, server } = service
    const ids = await teach(sessionOf(server), clock)
    const id = String(ids[0])
    const sent = { caseId: 'new', orgId: 'acme', caseData: CALL }
    expect(await client.features.compute(sent)).toMatchObject({ source: 'computed', features: { values: 1 } })
    expect(await client.features.computeBatch({ cases: [sent, sent] })).toMatchObject({ total: 2 })
    const { snapshotId } = await client.features.snapshot({ caseId: id, tag: 'a' })
    expect(await client.features.getSnapshot(String(snapshotId))).toMatchObject({ tag: 'a' })
    expect(await client.features.listSnapshots({ tag: 'a' })).toMatchObject({ total: 1 })
    expect(await client.features.compare({ snapshotIdA: String(snapshotId), caseIdB: id })).toMatchObject({ total: 0 })
    expect(await client.features.explain(id)).toHaveProperty('explanations')
    expect(await client.features.explainFeature(id, 'risk')).toMatchObject({ feature: 'risk' })
    expect(await client.features.export(id)).toHaveProperty('row')
    expect(await client.features.exportBatch({ caseIds: [id] })).toMatchObject({ total: 1 })
    expect(await client.features.schema()).toMatchObject({ version: 1 })
    expect(await client.features.stats()).toMatchObject({ snapshots: 1 })

    const told = {
      eventType: 'ACTION_EXECUTED' as const,
      requestId: id,
      entityId: 'ada',
      execution: { executed: true },
    }
    expect(await client.ingest.event(told)).toMatchObject({ accepted: true })
    expect(await client.ingest.batch({ events: [{ ...told, timestamp: '2026-01-05T00:00:00Z' }] })).toMatchObject({
      accepted: 1,
    })
    expect(await client.ingest.lifecycle({ entityId: 'ada' })).toMatchObject({ lifecycle: { lifecycleId: id } })
    expect(await client.ingest.lifecycles({ statusFilter: 'pending' })).toHaveProperty('lifecycles')
    expect(await client.ingest.reconcile({ entityId: 'ada', outcome: { status: 'FRAUD' } })).toMatchObject({
      reconciled: 1,
    })
    expect(await client.ingest.pending()).toHaveProperty('pending')
    expect(await client.ingest.stale({ staleAfterDays: 3 })).toMatchObject({ stale: [] })
    expect(await client.ingest.stats()).toMatchObject({ total: 2 })
    expect(await client.ingest.adapters()).toMatchObject({ adapters: ['generic_webhook'] })
    expect(await client.cases.get(id)).toMatchObject({ label: 'bad', outcomeStatus: 'FRAUD' })
  })
})
