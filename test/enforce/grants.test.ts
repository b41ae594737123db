import { memoryStore } from 'countersign'
import type { GovernorOptions, GrantOptions, Resolution } from 'countersign'
import { describe, expect, it } from 'vitest'
import { bench, codeOf, HELD, onEachStore } from '../governor/support.js'
import { call, govern } from '../support/governing.js'

const MINUTE = 60_000
const FOR_CUSTOMER: GrantOptions = { when: { 'input.customer': { eq: 'c-7' } }, expiresInMs: MINUTE, maxUses: 3 }
const withGrant = (grant: Partial<GrantOptions> = {}): Resolution => ({
  resolution: 'approved',
  by: 'bob',
  grant: { ...FOR_CUSTOMER, ...grant },
})
const SCOPE = { actor: 'agent', user: 'ann', tenant: 'acme', sessionId: 's' }
const refund = (amount = 5, customer = 'c-7') => call('refund', { amount, customer })

/** A governor, and a grant that was given with an approval in it. */
async function granted(grant: Partial<GrantOptions> = {}, options: Omit<GovernorOptions, 'clock'> = {}) {
  const made = bench(options)
  const id = await made.ask(refund(), SCOPE)
  await made.governor.approvals.resolve(id, withGrant(grant))
  const [given] = await made.governor.grants.list()
  if (given === undefined) throw new Error('no grant was given')
  const status = async (proposed = refund(), scope: object = {}): Promise<string> =>
    (await made.run(proposed, { ...SCOPE, ...scope })).status
  return { ...made, given, id, status }
}

onEachStore('a grant', ({ fresh, pair }) => {
  it('lets calls like the one it was given with through unasked, and the decision says whose it was', async () => {
    const { governor, given, id, run } = await granted({}, { store: fresh() })
    expect(given).toMatchObject({ tool: 'refund', by: 'bob', approvalId: id, uses: 0, maxValue: 5, ...SCOPE })
    const execution = await run(refund(), SCOPE)
    expect(execution).toMatchObject({ status: 'executed', decision: { result: 'allowed', grantId: given.id } })
    expect(execution.decision.findings.at(-1)).toMatchObject({ rule: `grant:${given.id}`, effect: 'allow' })
    expect(await governor.grants.list()).toMatchObject([{ uses: 1, revision: 2 }])
    expect(await governor.approvals.list({ status: 'pending' })).toEqual([])
  })

  it('is used as often as it says and not once more', async () => {
    const { governor, status, clock } = await granted({ maxUses: 2 }, { store: fresh() })
    expect([await status(), await status(), await status()]).toEqual(['executed', 'executed', 'approval_required'])
    expect(await governor.grants.list({ liveAt: clock.now() })).toEqual([])
  })

  it('is used for a call once, however often the call is brought', async () => {
    const { governor, run } = await granted({}, { store: fresh() })
    const proposed = refund()
    for (let times = 0; times < 3; times++) await run(proposed, SCOPE)
    expect(await governor.grants.list()).toMatchObject([{ uses: 1 }])
  })

  it('is used exactly as often as it says by many calls at the same time, in two governors on one store', async () => {
    const [one, two] = pair()
    const { governor, ran, run, clock } = await granted({ maxUses: 12 }, { store: one })
    const other = govern({ store: two, policy: HELD, clock }).governor
    const calls = Array.from({ length: 16 }, () => refund())
    const executions = await Promise.all(
      calls.map((proposed, index) =>
        index % 2 === 0 ? run(proposed, SCOPE) : other.run(proposed, ({ input }) => ran.push(input), SCOPE),
      ),
    )
    expect(executions.filter(({ status }) => status === 'executed')).toHaveLength(12)
    expect(executions.filter(({ status }) => status === 'approval_required')).toHaveLength(4)
    expect(ran).toHaveLength(12)
    expect(await governor.grants.list()).toMatchObject([{ uses: 12, maxUses: 12 }])
  })

  it('ends when it is revoked, in every governor on the store', async () => {
    const [one, two] = pair()
    const { governor, given, status, clock } = await granted({}, { store: one })
    const other = govern({ store: two, policy: HELD, clock }).governor
    expect(await other.grants.revoke(given.id, { by: 'cid' })).toMatchObject({ revoked: { by: 'cid' } })
    expect(await status()).toBe('approval_required')
    expect(await governor.grants.list()).toMatchObject([{ revoked: { by: 'cid' } }])
    expect(await codeOf(governor.grants.revoke(given.id, { by: 'cid' }))).toBe('not-pending')
    expect(await codeOf(governor.grants.revoke('none', { by: 'cid' }))).toBe('not-found')
    expect(await codeOf(governor.grants.revoke(given.id, { by: '' }))).toBe('invalid-option')
  })
})

describe('a grant', () => {
  it.each<[string, ReturnType<typeof refund>, object]>([
    ['another input', refund(5, 'c-8'), {}],
    ['an input that does not say', call('refund', { amount: 5 }), {}],
    ['a larger value', refund(6), {}],
    ['no value at all', call('refund', { customer: 'c-7' }), {}],
    ['another tool', call('credit', { amount: 5, customer: 'c-7' }), {}],
    ['another actor', refund(), { actor: 'other' }],
    ['another user', refund(), { user: 'eve' }],
    ['no user', refund(), { user: undefined }],
    ['another tenant', refund(), { tenant: 'other' }],
    ['another session', refund(), { sessionId: 'other' }],
    ['no session', refund(), { sessionId: undefined }],
  ])('does not cover %s', async (_what, proposed, scope) => {
    const { governor, status } = await granted()
    expect(await status(proposed, scope)).toBe('approval_required')
    expect(await governor.grants.list()).toMatchObject([{ uses: 0 }])
  })

  it('covers other sessions only where it says so, and a larger value up to what it says', async () => {
    const { status } = await granted({ anySession: true, maxValue: 50 })
    expect(await status(refund(50), { sessionId: 'other' })).toBe('executed')
    expect(await status(refund(51))).toBe('approval_required')
  })

  it('of a call without a tenant is not for those of a tenant', async () => {
    const { governor, ask, run } = bench()
    const { actor, user, sessionId } = SCOPE
    await governor.approvals.resolve(await ask(refund(), { actor, user, sessionId }), withGrant())
    expect((await run(refund(), SCOPE)).status).toBe('approval_required')
    expect((await run(refund(), { actor, user, sessionId })).status).toBe('executed')
  })

  it('expires', async () => {
    const { clock, status } = await granted()
    clock.advance(MINUTE - 1)
    expect(await status()).toBe('executed')
    clock.advance(1)
    expect(await status()).toBe('approval_required')
  })

  it('counts for nothing under another policy', async () => {
    const store = memoryStore()
    const { clock, status } = await granted({}, { store })
    const stricter = bench({
      store,
      clock,
      policy: { rules: [...HELD.rules, { id: 'more', tools: ['x'], effect: 'deny' }] },
    })
    expect((await stricter.run(refund(), SCOPE)).status).toBe('approval_required')
    expect(await status()).toBe('executed')
  })

  it('does not lift a deny, a kill switch, nor a limit, and is not used by one', async () => {
    const policy = {
      rules: [
        ...HELD.rules,
        { id: 'never', when: { 'input.note': { eq: 'fraud' } }, effect: 'deny' },
        { id: 'cap', limit: { sum: 'value', per: 'actor', window: '1h', max: 10 }, effect: 'deny' },
      ],
    } as const
    const { governor, status, run } = await granted({ maxUses: 9 }, { policy })
    const denied = await run(call('refund', { amount: 5, customer: 'c-7', note: 'fraud' }), SCOPE)
    expect(denied).toMatchObject({ status: 'blocked' })
    expect([await status(), await status(), await status()]).toEqual(['executed', 'executed', 'blocked'])
    await governor.killSwitch.activate({ by: 'ops', reason: 'incident' })
    expect(await status(refund(0))).toBe('blocked')
    expect(await governor.grants.list()).toMatchObject([{ uses: 2 }])
  })

  it('is not used by a dry run, which sees it', async () => {
    const { governor, given } = await granted()
    expect(await governor.decide(refund(), SCOPE)).toMatchObject({ result: 'allowed', grantId: given.id, dryRun: true })
    expect(await governor.grants.list()).toMatchObject([{ uses: 0 }])
  })

  it('is used by what is prepared, once', async () => {
    const { governor, run } = await granted({ maxUses: 1 })
    const proposed = refund()
    expect(await governor.prepare(proposed, SCOPE)).toMatchObject({ next: 'run' })
    expect((await run(proposed, SCOPE)).status).toBe('executed')
    expect(await governor.grants.list()).toMatchObject([{ uses: 1 }])
  })

  it('matches patterns, as rules do', async () => {
    const { status } = await granted({ when: { 'input.customer': { matches: '/^c-[0-9]$/' } } })
    expect(await status(refund(5, 'c-9'))).toBe('executed')
    expect(await status(refund(5, 'c-99'))).toBe('approval_required')
  })

  it.each([
    ['a quorum must agree', { quorum: 2 }],
    ['there are several stages', { stages: [{}, {}] }],
  ])('cannot be given by one person where %s', async (_, approvals) => {
    const { governor, ask } = bench({ approvals })
    const id = await ask(refund(), SCOPE)
    expect(await codeOf(governor.approvals.resolve(id, withGrant()))).toBe('not-permitted')
    expect(await governor.grants.list()).toEqual([])
    expect(await governor.approvals.get(id)).toMatchObject({ status: 'pending', votes: [] })
  })

  it('is listed for its tenant, and revoked there only', async () => {
    const { governor, given } = await granted()
    const other = governor.session({ tenant: 'other' })
    expect(await other.grants.list()).toEqual([])
    expect(await codeOf(other.grants.revoke(given.id, { by: 'cid' }))).toBe('not-found')
    expect(await governor.session({ tenant: 'acme' }).grants.list()).toHaveLength(1)
  })

  it('is told of when it is given and when it is revoked', async () => {
    const { governor, given, types } = await granted()
    await governor.grants.revoke(given.id, { by: 'cid' })
    expect(types().filter(type => type === 'grant-changed')).toHaveLength(2)
  })
})

describe('what events show of a grant', () => {
  const tools = { refund: { redact: ['customer'] } }
  it.each<[string, Omit<GovernorOptions, 'clock'>, object, object]>([
    ['no value of its conditions', {}, {}, { 'input.customer': '[redacted]' }],
    ['all of it where inputs are visible', { inputs: 'visible' }, {}, FOR_CUSTOMER.when],
    [
      'nothing that the profile masks',
      { inputs: 'visible', tools },
      { 'input.amount': { lte: 5 } },
      { 'input.customer': '[redacted]', 'input.amount': { lte: 5 } },
    ],
  ])('%s, given or revoked', async (_what, options, more, shown) => {
    const { governor, ask } = bench(options)
    const seen: unknown[] = []
    governor.on(event => event.type === 'grant-changed' && seen.push(event.grant.when))
    await governor.approvals.resolve(await ask(refund(), SCOPE), withGrant({ when: { ...FOR_CUSTOMER.when, ...more } }))
    const [given] = await governor.grants.list()
    await governor.grants.revoke(given?.id ?? '', { by: 'cid' })
    expect(seen).toEqual([shown, shown])
    expect(given?.when).toEqual({ ...FOR_CUSTOMER.when, ...more })
  })
})

describe('erasing a call that a grant was given with', () => {
  it('leaves nothing personal of the grant, in the store nor in the audit log, and ends it', async () => {
    const { governor, run } = bench({ audit: {} })
    const held = await run(refund(), SCOPE)
    const id = held.status === 'approval_required' ? held.approvalId : ''
    await governor.approvals.resolve(id, withGrant({ when: { 'input.customer': { eq: 'a name' } } }))
    const fields = ['user', 'by', 'when'] as const
    await governor.audit.erase({ decisionId: held.decision.id, fields, by: 'dpo', reason: 'asked for' })
    const lines: string[] = []
    for await (const line of governor.audit.export()) lines.push(line)
    const grants = await governor.grants.list()
    expect(grants).toMatchObject([{ user: '[erased]', by: '[erased]', when: {}, maxUses: 0 }])
    expect(JSON.stringify([lines, grants])).not.toContain('a name')
    expect(await governor.audit.verify()).toMatchObject({ ok: true })
    expect((await run(refund(), { ...SCOPE, user: '[erased]' })).status).toBe('approval_required')
  })
})

describe('a grant that says too little', () => {
  it.each<[string, unknown, string]>([
    ['no condition', { when: {} }, 'invalid-option'],
    ['no condition on the input', { when: { tool: { eq: 'refund' } } }, 'invalid-option'],
    ['nothing but the user', { when: { 'session.user': { eq: 'ann' } } }, 'invalid-option'],
    ['no conditions at all', { when: undefined }, 'invalid-option'],
    ['no end', { expiresInMs: undefined }, 'invalid-option'],
    ['an end that never comes', { expiresInMs: Number.POSITIVE_INFINITY }, 'invalid-option'],
    ['an end in the past', { expiresInMs: 0 }, 'invalid-option'],
    ['no number of uses', { maxUses: undefined }, 'invalid-option'],
    ['uses without end', { maxUses: Number.POSITIVE_INFINITY }, 'invalid-option'],
    ['no uses', { maxUses: 0 }, 'invalid-option'],
    ['a cap that is none', { maxValue: Number.NaN }, 'invalid-option'],
    ['what nobody knows', { maxUse: 5 }, 'invalid-option'],
    ['a comparison that is none', { when: { 'input.customer': { equals: 'c-7' } } }, 'invalid-policy'],
    ['a condition that says nothing', { when: { 'input.customer': {} } }, 'invalid-option'],
    ['only what must not be there', { when: { 'input.other': { exists: false } } }, 'invalid-option'],
    ['all inputs but one', { when: { 'input.customer': { ne: 'c-0' } } }, 'invalid-option'],
  ])('(%s) is refused, and the request stays open', async (_what, grant, code) => {
    const { governor, ask } = bench()
    const id = await ask(refund(), SCOPE)
    const given = withGrant(grant as Partial<GrantOptions>)
    expect(await codeOf(governor.approvals.resolve(id, given))).toBe(code)
    expect(await governor.grants.list()).toEqual([])
    expect(await governor.approvals.get(id)).toMatchObject({ status: 'pending', revision: 1 })
  })

  it('covers every input of the tool only where that is said in so many words', async () => {
    const { status } = await granted({ when: {}, anyInput: true })
    expect(await status(refund(5, 'anybody'))).toBe('executed')
    expect(await status(call('credit', { amount: 5 }))).toBe('approval_required')
  })
})
