import { describe, expect, it } from 'vitest'
import { ask, serve, sessionOf, teach } from './support.js'

const OBSERVED = { case_id: 'elsewhere-1', predicted_risk: 0.9, outcome_status: 'FRAUD', domain: 'claims', tool: 'pay' }

describe('calibration of a decision service', () => {
  it('says the same as the governor does of its decisions', async () => {
    const { server, clock } = serve()
    await using _ = server
    const governor = sessionOf(server)
    await teach(governor, clock, 10)
    const [report, reliability, history, feedback, drift, breakdown] = await Promise.all([
      governor.calibration.report(),
      governor.calibration.reliability(),
      governor.calibration.history({ days: 30 }),
      governor.calibration.feedback(),
      governor.calibration.drift(),
      governor.calibration.breakdown({ by: 'tool' }),
    ])
    expect((await ask(server, 'GET /calibration/report')).body).toMatchObject({
      n: 20,
      scored: report.scored,
      observed: 0,
      brier: report.brier,
      ece: report.ece,
      auroc: report.auroc,
      labels: { good: 10, bad: 10, from_resolutions: 20 },
      newest: new Date(report.newest ?? 0).toISOString(),
    })
    const bins = (await ask(server, 'GET /calibration/reliability?tool=refund')).body
    expect(bins).toMatchObject({ n: 20, ece: reliability.ece })
    expect(bins.bins.map(({ bad_rate }: { bad_rate: number }) => bad_rate)).toEqual(
      reliability.bins.map(({ badRate }) => badRate),
    )
    expect((await ask(server, 'GET /calibration/quality-history')).body).toMatchObject(
      history.days.map(({ day, brier, n }) => ({ date: day, brier, n, quality_score: 1 - (brier ?? 0) })),
    )
    const missed = (await ask(server, 'GET /calibration/feedback')).body
    expect(missed.missed.map((miss: { decision_id: string }) => miss.decision_id)).toEqual(
      feedback.missed.map(({ decisionId }) => decisionId),
    )
    expect((await ask(server, 'GET /calibration/drift?window_days=7')).body).toMatchObject({
      drift_detected: drift.drifted.length > 0,
      window_days: 7,
      recent: { n: 20, brier: drift.recent.brier },
      reference: { n: 0, brier: null },
    })
    expect((await ask(server, 'GET /calibration/breakdown?by=tool')).body.breakdown).toMatchObject([
      { key: 'refund', n: 20, brier: breakdown.groups[0]?.brier },
    ])
  })

  it('counts predictions from elsewhere, where their outcome says something', async () => {
    const { server } = serve()
    await using _ = server
    expect((await ask(server, 'POST /calibration/observe', OBSERVED)).body).toMatchObject({
      recorded: true,
      counted: true,
      prediction_error: expect.closeTo(0.1, 10),
    })
    await ask(server, 'POST /calibration/observe', {
      ...OBSERVED,
      case_id: 'e-2',
      predicted_risk: 0.2,
      outcome_status: 'SUCCESS',
    })
    const unknown = await ask(server, 'POST /calibration/observe', { ...OBSERVED, outcome_status: 'WHO_KNOWS' })
    expect(unknown.body).toMatchObject({ counted: false, prediction_error: null })
    const report = async (query: string, who?: 'globex') =>
      (await ask(server, `GET /calibration/report${query}`, undefined, who)).body
    expect(await report('')).toMatchObject({
      observed: 3,
      scored: 0,
      n: 2,
      bad: 1,
      base_rate: 0.5,
      brier: expect.closeTo(0.025, 10),
      auroc: 1,
    })
    expect(await report('?risk_band=critical')).toMatchObject({ n: 1, bad: 1, filters: { risk_band: 'critical' } })
    expect(await report('?domain=other')).toMatchObject({ n: 0, base_rate: null, oldest: null })
    expect(await report('', 'globex')).toMatchObject({ observed: 0, n: 0 })
  })

  it('knows its own words alone', async () => {
    const { server } = serve()
    await using _ = server
    expect(await ask(server, 'GET /calibration/report?risk_band=huge')).toMatchObject({
      status: 422,
      body: { detail: [{ loc: ['query', 'risk_band'] }] },
    })
    expect((await ask(server, 'GET /calibration/breakdown?by=weather')).status).toBe(422)
    expect((await ask(server, 'POST /calibration/observe', { ...OBSERVED, predicted_risk: 2 })).status).toBe(422)
    expect((await ask(server, 'GET /calibration/quality-history?days=181')).status).toBe(422)
  })

  it('means by words of outcomes what the server was told that they mean', async () => {
    const { server } = serve({ outcomes: { CHARGED_BACK: 'bad' } })
    await using _ = server
    const { body } = await ask(server, 'POST /calibration/observe', { ...OBSERVED, outcome_status: 'CHARGED_BACK' })
    expect(body.counted).toBe(true)
  })
})

describe('simulations', () => {
  it('are what was foretold of decisions, beside what came of them', async () => {
    const { server, clock } = serve()
    await using _ = server
    const governor = sessionOf(server)
    const ids = await teach(governor, clock, 10)
    const last = await governor.decisions.get(ids.at(-1) ?? '')
    const risk = last?.learned?.risk ?? Number.NaN
    expect(risk).toBeGreaterThan(0.5)
    expect((await ask(server, `GET /simulations/by-request/${last?.id}/compare`)).body).toMatchObject({
      predicted: { risk, by: 'learning', failure_risk: last?.learned?.errorRisk },
      actual: { label: 'bad', label_source: 'resolution' },
      comparison: { predicted_risk: risk, actual: 'bad', error: 1 - risk, correct: true, failure_error: null },
    })
    const { body } = await ask(server, 'GET /simulations/accuracy?tool=refund')
    const records = await Promise.all(ids.map(async id => governor.decisions.get(id)))
    const right = records.filter((record, index) => (record?.riskScore ?? 0) >= 0.5 === (index % 2 === 1)).length
    expect(body).toMatchObject({ total: 20, with_outcome: 20, accuracy: right / 20, ran: 0, error_accuracy: null })
    expect((await ask(server, 'GET /simulations?with_outcome=true&limit=5')).body.simulations).toHaveLength(5)
    expect((await ask(server, 'GET /simulations?with_outcome=false')).body).toMatchObject({ simulations: [], total: 0 })
    expect((await ask(server, `GET /simulations/${ids[0]}`, undefined, 'globex')).status).toBe(404)
    expect((await ask(server, 'GET /simulations/stats', undefined, 'globex')).body).toMatchObject({
      total: 0,
      accuracy: null,
    })
  })

  it('hold the chance that a tool fails against whether it did', async () => {
    const { server } = serve()
    await using _ = server
    const governor = sessionOf(server)
    await governor.precedents({ id: 'warm-up', name: 'lookup', input: {} })
    const { decision } = await governor.run({ id: '1', name: 'lookup', input: {} }, () => {
      throw new Error('down')
    })
    const { body } = await ask(server, `GET /simulations/by-request/${decision.id}/compare`)
    expect(body.actual).toMatchObject({ label: null, execution_status: 'tool_error' })
    expect(body.comparison.error).toBeNull()
    expect(body.comparison.failure_error).toBeCloseTo(1 - body.predicted.failure_risk, 10)
  })
})

describe('insights', () => {
  it('name the group of calls that is refused more often than the others, and by how much', async () => {
    const { server } = serve()
    await using _ = server
    const governor = sessionOf(server)
    for (let index = 0; index < 20; index++) {
      await governor.run({ id: `d${index}`, name: 'drop_table', input: { index } }, () => 1)
      await governor.run({ id: `l${index}`, name: 'lookup', input: { index } }, () => 1)
    }
    const { body } = await ask(server, 'GET /insights/patterns?min_severity=low')
    expect(body).toMatchObject({ calls: 40, total: 1 })
    expect(body.patterns[0]).toMatchObject({
      pattern_type: 'refusal_rate',
      tool: 'drop_table',
      domain: 'payments',
      actor: 'support-bot',
      direction: 'higher',
      severity: 'high',
      group: { count: 20, n: 20, rate: 1 },
      rest: { count: 0, n: 20, rate: 0 },
    })
    // Wilson's interval of 20 in 20: its lower end is n ÷ (n + z²).
    expect(body.patterns[0].group.interval.low).toBeCloseTo(20 / (20 + 1.959963984540054 ** 2), 10)
    expect((await ask(server, 'GET /insights/patterns?pattern_type=failure_rate')).body.patterns).toEqual([])
    expect((await ask(server, 'GET /insights/patterns/learn')).body).toMatchObject({ learned: 2, calls: 40 })
    expect((await ask(server, 'GET /insights/patterns', undefined, 'globex')).body).toMatchObject({
      calls: 0,
      patterns: [],
    })
    expect((await ask(server, 'GET /insights/patterns?pattern_type=mood')).status).toBe(422)
  })

  it('find no pattern where groups are the same', async () => {
    const { server } = serve()
    await using _ = server
    for (let index = 0; index < 20; index++)
      for (const name of ['lookup', 'search'])
        await sessionOf(server).run({ id: `${name}${index}`, name, input: {} }, () => 1)
    expect((await ask(server, 'GET /insights/patterns')).body).toMatchObject({ patterns: [], compared: 4 })
  })

  it('advise by how such calls turned out, and say nothing where nobody knows', async () => {
    const { server, clock } = serve()
    await using _ = server
    const asked = { tool: 'refund', action: 'refund', domain: 'payments', actor_type: 'AI_AGENT' }
    expect((await ask(server, 'POST /insights/advise', asked)).body).toMatchObject({
      recommendation: null,
      confidence: 'low',
      risk: null,
      evidence: { calls: 0, bad_rate: { rate: null, interval: null } },
    })
    await teach(sessionOf(server), clock, 10)
    expect((await ask(server, 'POST /insights/advise', asked)).body).toMatchObject({
      recommendation: 'review_recommended',
      risk: 0.5,
      evidence: { calls: 20, bad_rate: { count: 10, n: 20, rate: 0.5 } },
    })
    const { body } = await ask(server, 'GET /insights/profile?tool=refund')
    expect(body.profile).toMatchObject({
      calls: 20,
      results: { requires_approval: 20 },
      top_actors: [{ actor: 'support-bot', count: 20 }],
      top_rules: [{ rule_id: 'ask', count: 20 }],
    })
    expect((await ask(server, 'GET /insights/profile', undefined, 'globex')).body.profile).toMatchObject({
      calls: 0,
      mean_risk: null,
    })
  })
})

describe('learning', () => {
  it('records each run that was asked for, with what there was to learn', async () => {
    const { server, clock } = serve()
    await using _ = server
    await teach(sessionOf(server), clock)
    const { body } = await ask(server, 'POST /ops/learning/recompute', { domain: 'payments', async_mode: false })
    expect(body).toMatchObject({ kind: 'recompute', status: 'completed', cases: 8, labelled: 8, requested_by: 'acme' })
    await ask(server, 'POST /ops/learning/backfill', { action_family: 'other', async_mode: false })
    expect((await ask(server, 'GET /ops/learning/runs')).body.runs).toMatchObject([
      { kind: 'backfill', cases: 0 },
      body,
    ])
    expect((await ask(server, 'GET /ops/learning/runs', undefined, 'globex')).body.runs).toEqual([])
    expect((await ask(server, 'GET /ops/learning/strategy')).body).toMatchObject({ enabled: true, strategy: 'online' })
  })

  it('is said not to be switched on where it is not', async () => {
    const { server } = serve({ learning: false })
    await using _ = server
    expect((await ask(server, 'GET /ops/learning/strategy')).body).toMatchObject({ enabled: false, autonomy: {} })
    expect((await ask(server, 'POST /ops/learning/recompute', {})).body).toMatchObject({
      status: 'skipped',
      note: expect.stringContaining('`learning`'),
    })
  })
})
