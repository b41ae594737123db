import { describe, expect, it } from 'vitest'
import { ask, serve, sessionOf, teach } from './support.js'

const LIKE = { domain: 'payments', action: 'refund', tool: 'refund', actor_type: 'support-bot', min_similarity: 0.2 }

describe('precedents of a decision service', () => {
  it('are the decided calls most like one, with what they say together', async () => {
    const { server, clock } = serve()
    await using _ = server
    const ids = await teach(sessionOf(server), clock)
    const action = { action: 'refund', arguments: { to: 'mallory', amount: 107 } }
    const { body } = await ask(server, 'POST /cases/precedents', {
      domain: 'payments',
      action,
      limit: 4,
      min_similarity: 0.2,
    })
    expect(body).toMatchObject({ learning_enabled: true, reason: null, total: 4 })
    expect(body.precedents[0]).toMatchObject({
      case_id: ids[7],
      is_bad: true,
      verdict: 'APPROVAL_REQUIRED',
      value: 107,
    })
    expect(body.precedents[0].shared.map(({ feature }: { feature: string }) => feature)).toContain('to')

    const signals = (await ask(server, 'POST /precedents/signals', { ...LIKE, max_results: 8 })).body
    expect(signals).toMatchObject({
      total_precedents: 8,
      negative: 4,
      negative_rate: 0.5,
      success_rate: 0.5,
      with_outcomes: 0,
    })
    expect(signals.negative_interval.low).toBeCloseTo(0.215, 3)
    expect((await ask(server, 'GET /precedents/stats')).body).toMatchObject({
      total: 8,
      labelled: 8,
      negative_rate: 0.5,
    })
  })

  it('are only those with a reported outcome, where that is asked for', async () => {
    const { server, clock } = serve()
    await using _ = server
    const [id] = await teach(sessionOf(server), clock)
    expect((await ask(server, 'POST /precedents/query', { ...LIKE, require_outcome: true })).body.precedents).toEqual(
      [],
    )
    await ask(server, `POST /cases/${id}/outcome`, { status: 'FRAUD' })
    const { body } = await ask(server, 'POST /precedents/query', { ...LIKE, require_outcome: true })
    expect(body.precedents).toMatchObject([{ case_id: id, outcome_status: 'FRAUD', is_bad: true }])
  })

  it('are none where nothing is learnt, and it is said why', async () => {
    const { server } = serve({ learning: false })
    await using _ = server
    await sessionOf(server).run({ id: '1', name: 'refund', input: {} }, () => 1)
    const { body } = await ask(server, 'POST /precedents/query', LIKE)
    expect(body).toMatchObject({
      precedents: [],
      learning_enabled: false,
      reason: expect.stringContaining('`learning`'),
    })
    expect(body.signals).toMatchObject({ negative_rate: null, success_rate: null, negative_interval: null })
    expect((await ask(server, 'POST /retrieval/query', LIKE)).body.reason).toContain('`learning`')
  })
})

describe('retrieval', () => {
  it('puts the same candidates in the order of each strategy, and says what each feature contributed', async () => {
    const { server, clock } = serve()
    await using _ = server
    const ids = await teach(sessionOf(server), clock)
    clock.advance(90 * 86_400_000)
    const query = { ...LIKE, strategy: 'consequence-focused' }
    const { body } = await ask(server, 'POST /retrieval/query/explained', query)
    expect(body).toMatchObject({ strategy: 'consequence-focused', total: 8, candidates: 8, unused: [] })
    expect(body.results.slice(0, 4).every(({ is_bad }: { is_bad: boolean }) => is_bad)).toBe(true)
    for (const { score, features, contributions } of body.results) {
      const parts = Object.entries<number>(contributions)
      expect(parts.reduce((sum, [, part]) => sum + part, 0)).toBeCloseTo(score, 10)
      for (const [name, part] of parts) expect(part).toBeCloseTo(features[name] * body.weights[name], 10)
    }
    const recent = (await ask(server, 'POST /retrieval/query', { ...LIKE, strategy_name: 'recent', risk_score: 0.3 }))
      .body
    expect(recent.unused).toEqual(['risk_score'])
    expect(recent.results[0]).not.toHaveProperty('contributions')
    expect(new Set(recent.results.map(({ case_id }: { case_id: string }) => case_id))).toEqual(new Set(ids))
  })

  it('has strategies whose weights add up to one, and knows no other', async () => {
    const { server } = serve()
    await using _ = server
    const { body } = await ask(server, 'GET /retrieval/strategies')
    expect(body.strategies.map(({ name }: { name: string }) => name)).toEqual([
      'balanced',
      'consequence-focused',
      'recent',
      'exact-first',
    ])
    for (const { name, weights } of body.strategies) {
      expect(Object.values<number>(weights).reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 10)
      expect((await ask(server, `GET /retrieval/strategy/${name}`)).body).toMatchObject({ name, weights })
    }
    expect((await ask(server, 'GET /retrieval/strategy/constructor')).status).toBe(404)
    const refused = await ask(server, 'POST /retrieval/query', { ...LIKE, strategy: 'best' })
    expect(refused).toMatchObject({ status: 422, body: { detail: [{ loc: ['body', 'strategy'] }] } })
  })

  it('tells how far two strategies agree', async () => {
    const { server, clock } = serve()
    await using _ = server
    await teach(sessionOf(server), clock, 12)
    clock.advance(100 * 86_400_000)
    await teach(sessionOf(server), clock, 12, 24)
    const { body } = await ask(server, 'POST /retrieval/compare', { ...LIKE, strategy_a: 'recent' })
    expect(body).toMatchObject({ strategy_a: 'recent', strategy_b: 'consequence-focused' })
    const [a, b] = [body.results_a, body.results_b].map(
      results => new Set<string>(results.map(({ case_id }: { case_id: string }) => case_id)),
    )
    const both = [...(a ?? [])].filter(id => b?.has(id))
    expect(body.overlap).toBeCloseTo(both.length / new Set([...(a ?? []), ...(b ?? [])]).size, 10)
    expect(body.overlap).toBeLessThan(1)
    expect((await ask(server, 'POST /retrieval/compare', LIKE, 'globex')).body).toMatchObject({
      overlap: null,
      same_first: null,
    })
  })

  it('finds a decision from the moment somebody says how it turned out', async () => {
    const { server, clock } = serve()
    await using _ = server
    const [labelled] = await teach(sessionOf(server), clock)
    const { decision } = await sessionOf(server).run({ id: 'x', name: 'lookup', input: {} }, () => 1)
    const index = async (id?: string) => (await ask(server, 'POST /retrieval/index', { case_id: id })).body
    expect(await index(labelled)).toMatchObject({ indexed: true, reason: null })
    expect(await index(decision.id)).toMatchObject({ indexed: false, reason: expect.stringContaining('Nobody') })
    expect((await ask(server, 'POST /retrieval/index', { case_id: 'none' })).status).toBe(404)
    expect((await ask(server, 'GET /retrieval/stats')).body).toMatchObject({ indexed: 8, cases: 9 })
  })
})
