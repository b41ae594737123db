import * as fc from 'fast-check'
import { createGovernor, decisionIntelligence, memoryStore } from 'countersign'
import type { CallScope, Explanation, Governor, GovernorOptions, PolicyDocument, Rule } from 'countersign'
import { describe, expect, it } from 'vitest'
import { runs } from '../support/governing.js'

const POLICY: PolicyDocument = {
  rules: [
    { id: 'small', tools: ['refund'], when: { 'input.amount': { lte: 100 } }, effect: 'allow', reason: 'small refund' },
    { id: 'big', tools: ['refund'], when: { 'input.amount': { gt: 100 } }, effect: 'require_approval', reason: 'big' },
    { id: 'foreign', tools: ['refund'], when: { 'input.currency': { ne: 'EUR' } }, effect: 'deny', reason: 'foreign' },
  ],
}
let calls = 0
const refund = (input: object) => ({ id: `call_${++calls}`, name: 'refund', input })
const governing = (options: GovernorOptions = {}): Governor =>
  createGovernor({ store: memoryStore(), policy: POLICY, ...options })
const changesIn = ({ alternatives }: Explanation) => alternatives.map(({ changes }) => changes)

/** Brings a call, and answers what a person is asked about it. */
async function answer(governor: Governor, input: object, resolution: 'approved' | 'rejected', scope?: CallScope) {
  const call = refund(input)
  const held = await governor.run(call, () => 'paid', scope)
  if (held.status !== 'approval_required') throw new Error(`expected to be asked, got ${held.status}`)
  await governor.approvals.resolve(held.approvalId, { resolution, by: 'grace' })
  await governor.run(call, () => 'paid', scope)
  return held
}

describe('an explanation', () => {
  it('offers the nearest change by which the rules would let the call through', async () => {
    const governor = governing()
    const explained = await governor.explain(refund({ amount: 250, currency: 'EUR' }))
    expect(explained).toMatchObject({
      rationale: 'Held for a person: big (rule big).',
      evidenceStatus: 'none',
      ruleBasis: ['big'],
      alternatives: [
        {
          action: 'refund',
          changes: [{ path: 'amount', from: 250, to: 100 }],
          input: { amount: 100, currency: 'EUR' },
          rationale: 'allowed with amount 100 instead of 250: small refund',
        },
      ],
    })
    await governor.close()
  })

  it('changes several fields where several rules speak', async () => {
    const governor = governing()
    const explained = await governor.explain(refund({ amount: 250, currency: 'USD' }))
    expect(changesIn(explained)).toEqual([
      [
        { path: 'amount', from: 250, to: 100 },
        { path: 'currency', from: 'USD', to: 'EUR' },
      ],
    ])
    await governor.close()
  })

  it('says nothing else is needed of a call that is allowed, and records nothing', async () => {
    const governor = governing()
    const explained = await governor.explain(refund({ amount: 5, currency: 'EUR' }))
    expect(explained).toMatchObject({ alternatives: [], search: { tried: 0, allowed: 0 } })
    await governor.explain(refund({ amount: 500, currency: 'EUR' }))
    expect(await governor.decisions.list()).toEqual([])
    await governor.close()
  })

  it('offers what a limit on a sum still has room for', async () => {
    const limit = { sum: 'value', per: 'actor', window: '24h', max: 500 } as const
    const rules: Rule[] = [
      { id: 'cap', tools: ['refund'], limit, effect: 'deny', reason: 'over 500 a day' },
      { id: 'free', effect: 'allow', reason: 'fine' },
    ]
    const profile = { value: (input: unknown) => (input as { amount: number }).amount }
    const governor = governing({ policy: { rules } })
    await governor.run(refund({ amount: 379.5 }), () => 'paid', { profile })
    const explained = await governor.explain(refund({ amount: 200 }), { profile })
    expect(explained.alternatives).toMatchObject([
      { changes: [{ path: 'amount', from: 200, to: 120 }], rationale: 'allowed with amount 120 instead of 200: fine' },
    ])
    // Which is true of it, and not of one more.
    const inCents = await governor.explain(refund({ amount: 200.25 }), { profile })
    expect(changesIn(inCents)).toEqual([[{ path: 'amount', from: 200.25, to: 120.5 }]])
    expect((await governor.run(refund({ amount: 120.5 }), () => 'paid', { profile })).status).toBe('executed')
    const none = await governor.explain(refund({ amount: 1 }), { profile })
    expect(none).toMatchObject({ alternatives: [] })
    expect(none.rationale).toContain('No other form of the call is offered: the limit of rule cap is used up for 24h.')
    await governor.close()
  })

  it('offers, whatever was spent, the largest amount that is let through', () =>
    fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 1000 }),
        fc.array(fc.integer({ min: 1, max: 400 }), { maxLength: 4 }),
        fc.integer({ min: 1, max: 2000 }),
        async (max, spent, asked) => {
          const limit = { sum: 'input.amount', per: 'actor', window: '24h', max } as const
          const rules: Rule[] = [
            { id: 'cap', limit, effect: 'deny' },
            { id: 'free', effect: 'allow' },
          ]
          await using governor = governing({ policy: { rules } })
          let used = 0
          for (const amount of spent)
            if ((await governor.run(refund({ amount }), () => 'paid')).status === 'executed') used += amount
          const { alternatives } = await governor.explain(refund({ amount: asked }))
          const fits = used + asked <= max
          expect(alternatives.map(({ input }) => input)).toEqual(fits || used === max ? [] : [{ amount: max - used }])
        },
      ),
      runs(50),
    ))

  it('says why it offers nothing: a limit on calls, and code', async () => {
    const limit = { count: 'calls', per: 'actor', window: '1h', max: 0 } as const
    const counted = governing({ policy: { rules: [{ id: 'few', limit, effect: 'deny', reason: 'too many' }] } })
    expect((await counted.explain(refund({ amount: 1 }))).rationale).toBe(
      'Blocked: too many (rule few). No other form of the call is offered: rule few counts calls, and has no room for another one in 1h.',
    )
    const coded = governing({ policy: { rules: [{ id: 'code', when: () => true, effect: 'deny', reason: 'no' }] } })
    const { rationale } = await coded.explain(refund({ amount: 1 }))
    expect(rationale).toContain('what rule code would allow is code, and cannot be read from it')
    await Promise.all([counted.close(), coded.close()])
  })

  it('looks at no more changed calls than it is told to, and not at the session where that is not wanted', async () => {
    const governor = governing()
    const explained = await governor.explain(refund({ amount: 250, currency: 'USD' }), undefined, { tries: 0 })
    expect(explained).toMatchObject({ alternatives: [], search: { tried: 0 } })
    const session = { sessionId: 's' }
    await governor.run(refund({ amount: 5, currency: 'EUR' }), () => 'paid', session)
    await governor.run(refund({ amount: 5, currency: 'EUR' }), () => 'paid', { sessionId: 'other' })
    const call = refund({ amount: 5, currency: 'EUR' })
    expect((await governor.explain(call, session)).trajectoryHealth.status).toBe('healthy')
    const without = await governor.explain(call, session, { trajectory: false })
    expect(without.trajectoryHealth).toEqual({ status: 'unknown', calls: 0, troubled: 0 })
    await governor.close()
  })

  it('takes the step that the numbers are written in past a bound that is excluded', async () => {
    const rules: Rule[] = [
      { id: 'ask', when: { 'input.amount': { gte: 99.95 } }, effect: 'require_approval' },
      { id: 'free', when: { 'input.amount': { lt: 99.95 } }, effect: 'allow' },
    ]
    const governor = governing({ policy: { rules } })
    expect(changesIn(await governor.explain(refund({ amount: 120 })))).toEqual([
      [{ path: 'amount', from: 120, to: 99.94 }],
    ])
    await governor.close()
  })

  it('finds the value of a call where the input has it', async () => {
    const rules: Rule[] = [
      { id: 'ask', when: { value: { gt: 10 } }, effect: 'require_approval' },
      { id: 'free', when: { value: { lte: 10 } }, effect: 'allow' },
    ]
    const tools = { refund: { value: (input: unknown) => (input as { total: number }).total } }
    const governor = governing({ policy: { rules }, tools })
    expect(changesIn(await governor.explain(refund({ total: 50, note: 7 })))).toEqual([
      [{ path: 'total', from: 50, to: 10 }],
    ])
    await governor.close()
  })

  it('offers nothing that the tool would not take', async () => {
    const governor = governing()
    const validate = (input: unknown) =>
      (input as { amount: number }).amount < 150 ? { problem: 'at least 150' } : { input }
    const explained = await governor.explain(refund({ amount: 250, currency: 'EUR' }), { validate })
    expect(explained).toMatchObject({ alternatives: [], search: { tried: 1, allowed: 0 } })
    await governor.close()
  })

  it('offers nothing that the schema of a tool throws at, and explains the call all the same', async () => {
    await using governor = governing()
    const validate = (input: unknown) => {
      if ((input as { readonly amount: number }).amount <= 100) throw new TypeError('a schema of long ago')
      return { input }
    }
    const explained = await governor.explain(refund({ amount: 250, currency: 'EUR' }), { validate })
    expect(explained).toMatchObject({ ruleBasis: ['big'], alternatives: [] })
  })

  it('explains a decision that was recorded, with its input as the request keeps it', async () => {
    const governor = governing()
    const held = await governor.run(refund({ amount: 250, currency: 'EUR' }), () => 'paid')
    const explained = await governor.explain(held.decision.id)
    expect(changesIn(explained)).toEqual([[{ path: 'amount', from: 250, to: 100 }]])
    const blocked = await governor.run(refund({ amount: 5, currency: 'USD' }), () => 'paid')
    expect(await governor.explain(blocked.decision.id)).toMatchObject({
      rationale: 'Blocked: foreign (rule foreign).',
      alternatives: [],
    })
    await expect(governor.explain('nobody')).rejects.toThrow('there is no decision "nobody"')
    await expect(governor.session({ tenant: 'other' }).explain(held.decision.id)).rejects.toThrow(
      'there is no decision',
    )
    await governor.close()
  })
})

describe('what an explanation says of what was learnt', () => {
  const rules: Rule[] = [
    { id: 'ask', tools: ['refund'], when: { 'input.to': { ne: 'ada' } }, effect: 'require_approval' },
    { id: 'free', tools: ['refund'], when: { 'input.to': { eq: 'ada' } }, effect: 'allow' },
  ]

  it('cites the answers that people gave, and how much they are', async () => {
    const governor = governing({ policy: { rules: [{ id: 'ask', effect: 'require_approval' }] }, learning: true })
    await governor.precedents(refund({}))
    for (let round = 0; round < 12; round++) {
      await answer(governor, { to: 'bob', amount: 5 }, 'approved')
      await answer(governor, { to: 'mallory', amount: 5 }, 'rejected')
    }
    const explained = await governor.explain(refund({ to: 'bob', amount: 5 }))
    expect(explained.rationale).toMatch(
      /^Held for a person: rule ask \(rule ask\)\. Risk [\d.]+ % with (low|medium|high) confidence, from \d+ answered calls, \d+ of this very call\. \d+ similar refund calls: \d+ fine, \d+ refused or regretted\.$/,
    )
    expect(explained.evidenceStatus).not.toBe('none')
    expect(explained.projectedRegret).toBeGreaterThan(0)
    await governor.close()
  })

  it('does not offer what is riskier by what people refused', async () => {
    const governor = governing({ policy: { rules }, learning: true })
    await governor.precedents(refund({}))
    const before = await governor.explain(refund({ to: 'bob' }))
    expect(changesIn(before)).toEqual([[{ path: 'to', from: 'bob', to: 'ada' }]])
    for (let round = 0; round < 10; round++) {
      await answer(governor, { to: 'bob' }, 'approved')
      const { decision } = await governor.run(refund({ to: 'ada' }), () => 'paid')
      await governor.reportOutcome({ decisionId: decision.id, status: 'FRAUD' })
    }
    expect(await governor.explain(refund({ to: 'bob' }))).toMatchObject({ alternatives: [], search: { tried: 1 } })
    await governor.close()
  })
})

describe('values of other calls', () => {
  /** By code, so that only what was approved before shows what would be allowed. */
  const byCode = (to: string): GovernorOptions => ({
    policy: {
      rules: [
        {
          id: 'ask',
          when: ({ input }: { input: { to: string } }) => input.to !== to,
          effect: 'require_approval',
        },
        { id: 'free', effect: 'allow' },
      ],
    },
    learning: true,
  })
  const wants = { amount: 5, to: 'eve' }

  /** Somebody's call to `ada` is approved while it is asked about; then the policy lets such calls through. */
  async function afterApproval(whose: { tenant?: string; user?: string }, options: GovernorOptions = {}) {
    const store = memoryStore()
    const before = governing({ ...byCode('nobody'), store, audit: {}, ...options })
    const scope = before.session(whose)
    await scope.precedents(refund(wants))
    const held = await answer(scope, { amount: 5, to: 'ada' }, 'approved')
    await scope.precedents(refund(wants))
    const governor = governing({ ...byCode('ada'), store, audit: {}, ...options })
    return { governor, held }
  }
  const offered = async (governor: Governor, whose: { tenant?: string; user?: string }) =>
    changesIn(await governor.session(whose).explain(refund(wants)))

  it('are offered to the same user of the same tenant', async () => {
    const { governor } = await afterApproval({ tenant: 'acme', user: 'u1' })
    expect(await offered(governor, { tenant: 'acme', user: 'u1' })).toEqual([[{ path: 'to', from: 'eve', to: 'ada' }]])
    expect(await offered(governor, { tenant: 'acme', user: 'u2' })).toEqual([])
    expect(await offered(governor, { tenant: 'other', user: 'u1' })).toEqual([])
    expect(await offered(governor, {})).toEqual([])
    await governor.close()
  })

  it('are not offered once they are erased', async () => {
    const { governor, held } = await afterApproval({})
    expect(await offered(governor, {})).toHaveLength(1)
    const { id: decisionId } = held.decision
    await governor.audit.erase({ decisionId, fields: ['input'], by: 'dpo', reason: 'asked to' })
    const explained = await governor.explain(refund(wants))
    expect(JSON.stringify(explained)).not.toContain('ada')
    await governor.close()
  })

  it('are not offered where the tool masks them', async () => {
    const { governor } = await afterApproval({})
    const scope = { profile: { redact: ['to'] } }
    expect(await offered(governor, {})).toHaveLength(1)
    const explained = await governor.explain(refund(wants), scope)
    expect(explained).toMatchObject({ alternatives: [], search: { tried: 0 } })
    expect(JSON.stringify(explained)).not.toMatch(/ada|eve/)
    // A held call is explained later by its id, with what was masked when it came.
    const held = await governor.run(refund(wants), () => 'paid', scope)
    expect(JSON.stringify(await governor.explain(held.decision.id))).not.toMatch(/ada|eve/)
    await governor.close()
  })
})

describe('trajectory health', () => {
  it('compares a session with the others of its tenant', async () => {
    const governor = governing({ policy: { rules: [{ id: 'free', effect: 'allow' }] } })
    const run = async (sessionId: string, fails: boolean, tenant?: string) =>
      governor
        .session({ sessionId, ...(tenant === undefined ? {} : { tenant }) })
        .run(refund({ calls: ++calls }), () => {
          if (fails) throw new Error('no')
          return 'paid'
        })
    const health = async (sessionId: string) =>
      (await governor.session({ sessionId }).explain(refund({}))).trajectoryHealth
    expect(await health('new')).toEqual({ status: 'unknown', calls: 0, troubled: 0 })
    for (let round = 0; round < 8; round++) await run('good', round === 0)
    for (let round = 0; round < 8; round++) await run('elsewhere', true, 'another tenant')
    expect(await health('good')).toMatchObject({ status: 'unknown', calls: 8, troubled: 1 })
    for (let round = 0; round < 6; round++) await run('bad', true)
    const good = await health('good')
    expect(good).toMatchObject({ status: 'healthy', others: { count: 6, n: 6 } })
    // Clopper and Pearson of 1 in 8, as in their tables.
    expect(good.interval?.low).toBeCloseTo(0.0032, 4)
    expect(good.interval?.high).toBeCloseTo(0.5265, 4)
    expect(await health('bad')).toMatchObject({
      status: 'degrading',
      calls: 6,
      troubled: 6,
      others: { count: 1, n: 8 },
    })
    await governor.close()
  })
})

describe('an alternative', () => {
  const number = fc.integer({ min: -20, max: 20 }).map(half => half / 2)
  const word = fc.constantFrom('EUR', 'USD', 'ada', 'bob')
  const comparison = fc.oneof(
    fc.tuple(fc.constantFrom('lt', 'lte', 'gt', 'gte'), number),
    fc.tuple(fc.constantFrom('eq', 'ne'), fc.oneof(number, word)),
    fc.tuple(fc.constantFrom('in', 'notIn'), fc.array(fc.oneof(number, word), { minLength: 1, maxLength: 3 })),
    fc.tuple(fc.constant('exists'), fc.boolean()),
  )
  const when = fc.dictionary(
    fc.constantFrom('input.amount', 'input.to', 'input.lines.0.count', 'value'),
    fc.array(comparison, { minLength: 1, maxLength: 2 }).map(list => Object.fromEntries(list)),
    { minKeys: 1, maxKeys: 2 },
  )
  const rules = fc.array(fc.record({ when, effect: fc.constantFrom('allow', 'deny', 'require_approval') }), {
    minLength: 1,
    maxLength: 5,
  })
  const input = fc.record(
    { amount: number, to: word, secret: number, lines: fc.array(fc.record({ count: number }), { maxLength: 2 }) },
    { requiredKeys: ['to'] },
  )

  it('is allowed when it is really proposed, differs only where it says so, and shows nothing that is masked', async () => {
    let [offered, held] = [0, 0]
    await fc.assert(
      fc.asyncProperty(rules, input, fc.array(input, { maxLength: 3 }), async (written, wanted, past) => {
        const policy = { rules: written.map((rule, index) => ({ id: `r${index}`, ...rule })) } as PolicyDocument
        const tools = { refund: { redact: ['secret'], value: (it: unknown) => (it as { amount?: number }).amount } }
        const governor = governing({ policy, tools, learning: true })
        await governor.precedents(refund({}))
        for (const one of past) await governor.run(refund(one), () => 'paid')
        const call = refund(wanted)
        const { alternatives } = await governor.explain(call)
        const decided = await governor.decide(call)
        if (decided.result === 'allowed') expect(alternatives).toEqual([])
        else held++
        for (const { changes, input: next, estimatedRisk } of alternatives) {
          offered++
          const decision = await governor.decide({ ...call, input: next })
          expect(decision.result).toBe('allowed')
          expect(decision.learned?.risk).toBe(estimatedRisk)
          expect(changes.map(({ path }) => path)).not.toContain('secret')
          expect(withChanges(wanted, changes)).toEqual(next)
        }
        await governor.close()
      }),
      runs(300),
    )
    // The property would hold of no alternatives at all.
    expect(offered).toBeGreaterThan(held / 10)
  })
})

/** The input with changes, worked out in another way than the code does. */
function withChanges(input: object, changes: readonly { readonly path: string; readonly to?: unknown }[]): unknown {
  const copy = structuredClone(input) as Record<string, unknown>
  for (const { path, to } of changes) {
    const keys = path.split('.')
    const last = keys.pop() as string
    const parent = keys.reduce<Record<string, unknown>>((at, key) => at[key] as Record<string, unknown>, copy)
    if (to === undefined) delete parent[last]
    else parent[last] = to
  }
  return copy
}

describe('decisionIntelligence', () => {
  it('spells an explanation as decision services do', async () => {
    const governor = governing()
    const explained = await governor.explain(refund({ amount: 250, currency: 'EUR' }))
    expect(decisionIntelligence(explained)).toEqual({
      projected_regret: null,
      evidence_status: 'none',
      trajectory_health: 'unknown',
      alternatives: [
        {
          action: 'refund',
          rationale: 'allowed with amount 100 instead of 250: small refund',
          estimated_risk: null,
          changes: [{ path: 'amount', from: 250, to: 100 }],
        },
      ],
      rationale: 'Held for a person: big (rule big).',
      rule_basis: 'big',
      simulation_summary: { tried: 1, allowed: 1 },
    })
    await governor.close()
  })
})
