import { createGovernor, generateApprovalKeys, memoryStore, signResolution } from 'countersign'
import type { ApprovalOptions, PolicyDocument, ResolutionToSign, Resolution, ToolProfile } from 'countersign'
import { beforeAll, describe, expect, it } from 'vitest'
import { call, testClock } from '../support/governing.js'
import { bench, codeOf, HELD, onEachStore, textOf } from './support.js'

const HOUR = 3_600_000
const approve = (by: string): Resolution => ({ resolution: 'approved', by })

onEachStore('an approval', ({ fresh }) => {
  it('lets the call run once it is given, with the arguments that were asked about', async () => {
    const { governor, run, ask, ran } = bench({ store: fresh() })
    const proposed = call('refund', { amount: 500 })
    const id = await ask(proposed)
    expect(await governor.approvals.list({ status: 'pending' })).toHaveLength(1)
    expect(await governor.approvals.resolve(id, { ...approve('bob'), comment: 'fine' })).toMatchObject({
      status: 'approved',
    })
    expect(await governor.approvals.get(id)).toMatchObject({ status: 'approved', by: 'bob', comment: 'fine' })
    const execution = await run(proposed)
    expect(execution).toMatchObject({ status: 'executed', output: 'done 1', decision: { approvalId: id } })
    expect(ran).toEqual([{ amount: 500 }])
    expect(await governor.approvals.get(id)).toMatchObject({ status: 'consumed', by: 'bob' })
    expect(await governor.decisions.get(execution.decision.id)).toMatchObject({ execution: { status: 'executed' } })
  })

  it('that is refused reaches the model in the words of whoever refused, and is not asked about again', async () => {
    const { governor, run, ask, ran } = bench({ store: fresh() })
    const proposed = call('refund', { amount: 500 })
    const id = await ask(proposed)
    await governor.approvals.resolve(id, { resolution: 'rejected', by: 'bob', comment: 'the customer was refunded' })
    for (let times = 0; times < 2; times++) {
      const execution = await run(proposed)
      expect(execution).toMatchObject({
        status: 'blocked',
        approvalLoop: { resolved: true, resumed: false, requestId: id },
      })
      expect(textOf(execution)).toContain('the reviewer rejected it ("the customer was refunded")')
    }
    expect(await governor.approvals.list()).toHaveLength(1)
    expect(ran).toEqual([])
  })

  it('that is given or refused twice changes nothing; one that contradicts is told so', async () => {
    const { governor, ask } = bench({ store: fresh() })
    const id = await ask(call('refund'))
    const first = await governor.approvals.resolve(id, approve('bob'))
    expect(await governor.approvals.resolve(id, approve('bob'))).toEqual(first)
    expect(await codeOf(governor.approvals.resolve(id, { resolution: 'rejected', by: 'bob' }))).toBe('not-pending')
    expect(await codeOf(governor.approvals.resolve(id, approve('cid')))).toBe('not-pending')
    expect(await governor.approvals.get(id)).toEqual(first)
  })

  it('that is given twice before others have given theirs counts once, with an edit too', async () => {
    const { governor, ask } = bench({ store: fresh(), approvals: { quorum: 2 } })
    const id = await ask(call('refund', { amount: 5 }))
    const first = await governor.approvals.resolve(id, { ...approve('bob'), input: { amount: 4 } })
    expect(first).toMatchObject({ status: 'pending', edit: { input: { amount: 4 } } })
    expect(await governor.approvals.resolve(id, { ...approve('bob'), input: { amount: 4 } })).toEqual(first)
    expect(await governor.approvals.resolve(id, approve('bob'))).toEqual(first)
    expect(await codeOf(governor.approvals.resolve(id, { resolution: 'rejected', by: 'bob' }))).toBe('not-permitted')
  })

  it('cannot be edited once it is given: the reviewer is told so', async () => {
    const { governor, run, ask, ran } = bench({ store: fresh() })
    const proposed = call('refund', { amount: 5 })
    const id = await ask(proposed)
    await governor.approvals.resolve(id, approve('bob'))
    expect(await codeOf(governor.approvals.resolve(id, { ...approve('bob'), input: { amount: 4 } }))).toBe(
      'not-pending',
    )
    await run(proposed)
    expect(ran).toEqual([{ amount: 5 }])
  })

  it('that names the input it was shown is refused where somebody has edited it meanwhile, and else counts', async () => {
    const { governor, run, ask, ran } = bench({ store: fresh(), approvals: { quorum: 2 } })
    const proposed = call('refund', { amount: 5 })
    const id = await ask(proposed)
    const { digest = '' } = (await governor.approvals.get(id)) ?? {}
    const edited = await governor.approvals.resolve(id, { ...approve('bob'), digest, input: { amount: 4 } })
    for (const resolution of ['approved', 'rejected'] as const)
      expect(await codeOf(governor.approvals.resolve(id, { resolution, by: 'cid', digest }))).toBe('not-permitted')
    expect(await codeOf(governor.approvals.resolve(id, { ...approve('cid'), digest: 'shown' }))).toBe('not-permitted')
    expect(await governor.approvals.get(id)).toEqual(edited)
    const shown = 'edit' in edited ? edited.edit?.digest : undefined
    expect(await governor.approvals.resolve(id, { ...approve('cid'), digest: shown ?? '' })).toMatchObject({
      status: 'approved',
    })
    await run(proposed)
    expect(ran).toEqual([{ amount: 4 }])
  })

  it('is counted once, however many give it at the same time', async () => {
    const { governor, ask } = bench({ store: fresh(), approvals: { quorum: 3 } })
    const id = await ask(call('refund'))
    const people = ['bob', 'cid', 'dan', 'bob', 'cid', 'dan']
    await Promise.allSettled(people.map(by => governor.approvals.resolve(id, approve(by))))
    const approval = await governor.approvals.get(id)
    expect(approval).toMatchObject({ status: 'approved' })
    expect(approval?.votes.map(({ by }) => by).toSorted()).toEqual(['bob', 'cid', 'dan'])
  })

  it('is given by call, never by position: each of several calls gets its own answer', async () => {
    const { governor, run, ask, ran } = bench({ store: fresh() })
    const calls = ['a', 'b', 'c'].map(order => call('refund', { order }))
    const [first, second] = [await ask(calls[0] as never), await ask(calls[1] as never), await ask(calls[2] as never)]
    await governor.approvals.resolve(second, approve('bob'))
    await governor.approvals.resolve(first, { resolution: 'rejected', by: 'bob' })
    const statuses = await Promise.all(calls.toReversed().map(async proposed => (await run(proposed)).status))
    expect(statuses).toEqual(['approval_required', 'executed', 'blocked'])
    expect(ran).toEqual([{ order: 'b' }])
  })

  it('expires when nobody gives it in time, and the call is refused', async () => {
    const { governor, clock, run, ask, types } = bench({ store: fresh() })
    const proposed = call('refund')
    const id = await ask(proposed)
    clock.advance(HOUR)
    expect(await governor.approvals.list({ status: 'pending' })).toEqual([])
    expect(await governor.approvals.get(id)).toMatchObject({ status: 'expired' })
    expect(await codeOf(governor.approvals.resolve(id, approve('bob')))).toBe('not-pending')
    const execution = await run(proposed)
    expect(execution.status).toBe('blocked')
    expect(textOf(execution)).toContain('nobody approved it in time')
    expect(types()).toContain('approval-changed')
  })

  it('that was given and not used in time is worth nothing any more', async () => {
    const { governor, clock, run, ask, ran } = bench({ store: fresh(), approvals: { ttlMs: 1000 } })
    const proposed = call('refund')
    await governor.approvals.resolve(await ask(proposed), approve('bob'))
    clock.advance(1000)
    expect((await run(proposed)).status).toBe('blocked')
    expect(ran).toEqual([])
  })

  it('is asked of somebody else, where that was chosen, and of nobody after that', async () => {
    const approvals: ApprovalOptions = { ttlMs: 1000, onExpiry: 'escalate', escalateTo: ['boss'] }
    const { governor, clock, run, ask } = bench({ store: fresh(), approvals })
    const [proposed, other] = [call('refund'), call('refund')]
    const [id, late] = [await ask(proposed), await ask(other)]
    clock.advance(1000)
    expect(await governor.approvals.get(id)).toMatchObject({ status: 'pending', escalated: true })
    expect(await codeOf(governor.approvals.resolve(id, approve('bob')))).toBe('not-permitted')
    await governor.approvals.resolve(id, approve('boss'))
    expect((await run(proposed)).status).toBe('executed')
    clock.advance(1000)
    expect(await governor.approvals.get(late)).toMatchObject({ status: 'expired' })
  })

  it('needs its stages in their order', async () => {
    const approvals: ApprovalOptions = { stages: [{ approvers: ['bob'] }, { approvers: ['cid', 'dan'], quorum: 2 }] }
    const { governor, run, ask } = bench({ store: fresh(), approvals })
    const proposed = call('refund')
    const id = await ask(proposed)
    expect(await codeOf(governor.approvals.resolve(id, approve('cid')))).toBe('not-permitted')
    for (const by of ['bob', 'dan']) {
      await governor.approvals.resolve(id, approve(by))
      expect((await run(proposed)).status).toBe('approval_required')
    }
    await governor.approvals.resolve(id, approve('cid'))
    expect((await run(proposed)).status).toBe('executed')
  })

  it('can be waited for, from any governor on the store', async () => {
    const { governor, ask } = bench({ store: fresh() })
    const id = await ask(call('refund'))
    const waiting = governor.approvals.wait(id)
    await governor.approvals.resolve(id, approve('bob'))
    expect(await waiting).toMatchObject({ status: 'approved', by: 'bob' })
    expect(await governor.approvals.wait(id)).toMatchObject({ status: 'approved' })
    expect(await codeOf(governor.approvals.wait('none'))).toBe('not-found')
  })
})

describe('waiting for an answer', () => {
  it('ends with the signal, and with the time of the request', async () => {
    const { governor, clock, ask } = bench()
    const id = await ask(call('refund'))
    const reason = new Error('closed the tab')
    const abort = new AbortController()
    const waiting = governor.approvals.wait(id, { signal: abort.signal })
    abort.abort(reason)
    await expect(waiting).rejects.toBe(reason)
    const other = governor.approvals.wait(id)
    clock.advance(HOUR)
    expect(await other).toMatchObject({ status: 'expired' })
  })
})

describe('whoever acts (law 5)', () => {
  const agent = { actor: 'agent', user: 'ann' }

  it('cannot answer through the API', async () => {
    const { governor, ask } = bench()
    const id = await ask(call('refund'), agent)
    for (const by of ['agent', ' agent', 'AGENT'])
      expect(await codeOf(governor.approvals.resolve(id, approve(by)))).toBe('not-permitted')
    expect(await codeOf(governor.approvals.resolve(id, { resolution: 'rejected', by: 'agent' }))).toBe('not-permitted')
    expect(await governor.approvals.get(id)).toMatchObject({ status: 'pending', votes: [] })
  })

  it('cannot answer in the conversation', async () => {
    const { run, ask, ran } = bench()
    const scope = { actor: 'agent', user: 'agent' }
    const proposed = call('refund')
    await ask(proposed, scope)
    const execution = await run(proposed, { ...scope, answer: { resolution: 'approved' } })
    expect(execution).toMatchObject({
      status: 'approval_required',
      approvalLoop: { error: expect.stringContaining('whoever acts') as string },
    })
    expect(ran).toEqual([])
  })

  it('cannot answer in the callback', async () => {
    const { run, ran } = bench({ approvals: { onApprovalRequired: () => ({ resolution: 'approved', by: 'agent' }) } })
    const execution = await run(call('refund'), agent)
    expect(execution).toMatchObject({
      status: 'approval_required',
      approvalLoop: { error: expect.stringContaining('whoever acts') as string },
    })
    expect(ran).toEqual([])
  })
})

describe('the conversation', () => {
  const ann = { user: 'ann' }

  it('may answer what was asked before, and is recorded as its user', async () => {
    const { governor, run, ask } = bench()
    const proposed = call('refund')
    const id = await ask(proposed, ann)
    expect((await run(proposed, { ...ann, answer: { resolution: 'approved' } })).status).toBe('executed')
    expect(await governor.approvals.get(id)).toMatchObject({ by: 'ann', votes: [{ channel: 'chat' }] })
  })

  it('of nobody in particular is recorded as such', async () => {
    const { governor, run, ask } = bench()
    const proposed = call('refund')
    const id = await ask(proposed)
    await run(proposed, { answer: { resolution: 'rejected', comment: 'no' } })
    expect(await governor.approvals.get(id)).toMatchObject({ status: 'rejected', by: 'chat-user', comment: 'no' })
  })

  it('may not answer what was never asked', async () => {
    const { governor, run, ran } = bench()
    const execution = await run(call('refund'), { ...ann, answer: { resolution: 'approved' } })
    expect(execution.status).toBe('blocked')
    expect(await governor.approvals.list()).toEqual([])
    expect(ran).toEqual([])
  })

  it('of another user, tenant or session may not answer', async () => {
    const { run, ask, ran } = bench()
    const proposed = call('refund')
    await ask(proposed, { user: 'ann', tenant: 'acme', sessionId: 's' })
    for (const other of [{ user: 'eve' }, { tenant: 'other' }, { sessionId: 'other' }, { user: undefined }]) {
      const scope = {
        user: 'ann',
        tenant: 'acme',
        sessionId: 's',
        ...other,
        answer: { resolution: 'approved' },
      } as const
      expect((await run(proposed, scope)).status).toBe('blocked')
    }
    expect(ran).toEqual([])
  })

  it('may not answer what an inbox is asked about, nor its user elsewhere', async () => {
    const { governor, run, ask, ran } = bench({ approvals: { approver: 'inbox' } })
    const proposed = call('refund')
    const id = await ask(proposed, ann)
    const execution = await run(proposed, { ...ann, answer: { resolution: 'approved' } })
    expect(execution.status).toBe('approval_required')
    expect(textOf(execution)).toContain('not to be answered in the conversation')
    expect(await codeOf(governor.approvals.resolve(id, approve('ann')))).toBe('not-permitted')
    expect(ran).toEqual([])
    await governor.approvals.resolve(id, approve('bob'))
    expect((await run(proposed, { ...ann, resumed: true })).status).toBe('executed')
  })

  it('may say no to what somebody else has approved, as long as it did not run', async () => {
    const { governor, run, ask, ran } = bench()
    const proposed = call('refund')
    const id = await ask(proposed, ann)
    await governor.approvals.resolve(id, approve('bob'))
    expect((await run(proposed, { ...ann, answer: { resolution: 'rejected' } })).status).toBe('blocked')
    expect((await run(proposed, { ...ann, resumed: true })).status).toBe('blocked')
    expect(ran).toEqual([])
  })
})

describe('what belongs to a tenant', () => {
  it('is listed, read, waited for and answered there only', async () => {
    const { governor } = bench()
    const [acme, other] = [governor.session({ tenant: 'acme' }), governor.session({ tenant: 'other' })]
    const { decision } = await acme.run(call('refund'), () => expect.unreachable())
    const id = decision.approvalId ?? ''
    expect(await other.approvals.list()).toEqual([])
    expect(await other.approvals.get(id)).toBeUndefined()
    expect(await codeOf(other.approvals.resolve(id, approve('bob')))).toBe('not-found')
    expect(await codeOf(other.approvals.wait(id))).toBe('not-found')
    expect(await acme.approvals.resolve(id, approve('bob'))).toMatchObject({ status: 'approved' })
  })
})

describe('an answer', () => {
  it.each<[unknown, string]>([
    [{ resolution: 'approve', by: 'bob' }, 'invalid-option'],
    [{ resolution: 'approved' }, 'invalid-option'],
    [{ resolution: 'approved', by: '' }, 'invalid-option'],
    [{ resolution: 'approved', by: 'bob', coment: 'x' }, 'invalid-option'],
    [{ resolution: 'rejected', by: 'bob', input: {} }, 'invalid-option'],
    [{ resolution: 'rejected', by: 'bob', tool: 'other' }, 'invalid-option'],
    [{ token: 5 }, 'invalid-option'],
    [{ token: 'x', by: 'bob' }, 'invalid-option'],
    [{ token: 'x' }, 'invalid-token'],
    [null, 'invalid-option'],
  ])('%j is refused with %s, and leaves the request as it is', async (given, code) => {
    const { governor, ask } = bench()
    const id = await ask(call('refund'))
    expect(await codeOf(governor.approvals.resolve(id, given as Resolution))).toBe(code)
    expect(await governor.approvals.get(id)).toMatchObject({ status: 'pending', revision: 1 })
  })
})

describe('an edit', () => {
  const policy: PolicyDocument = {
    rules: [
      { id: 'ask', tools: ['refund', 'credit'], effect: 'require_approval', reason: 'ask' },
      {
        id: 'never',
        tools: ['refund', 'credit'],
        when: { 'input.amount': { gt: 1000 } },
        effect: 'deny',
        reason: 'over 1000',
      },
      {
        id: 'cap',
        tools: ['refund', 'credit'],
        limit: { sum: 'value', per: 'actor', window: '1h', max: 600 },
        effect: 'deny',
      },
    ],
  }
  const input = { amount: 500, note: 'late', lines: [{ sku: 'a' }] }

  it('is what runs; model and record are told what was changed', async () => {
    const { governor, run, ask, ran } = bench({ policy })
    const proposed = call('refund', input)
    const id = await ask(proposed)
    const edited = { amount: 50, lines: [{ sku: 'b' }, { sku: 'c' }] }
    await governor.approvals.resolve(id, { ...approve('bob'), input: edited })
    const changes = [
      { path: 'amount', from: 500, to: 50 },
      { path: 'note', from: 'late' },
      { path: 'lines.0.sku', from: 'a', to: 'b' },
      { path: 'lines.1', to: { sku: 'c' } },
    ]
    const execution = await run(proposed)
    expect(execution).toMatchObject({ status: 'executed', edit: { tool: 'refund', input: edited, changes } })
    expect('notice' in execution && execution.notice).toContain('amount: 500 became 50; note: "late" became nothing')
    expect(ran).toEqual([edited])
    expect(await governor.approvals.get(id)).toMatchObject({ status: 'consumed', call: { input }, edit: { changes } })
    const [receipt] = await governor.receipts.list()
    expect(receipt?.digest).not.toBe(execution.decision.digest)
  })

  it('that changes nothing is none', async () => {
    const { governor, run, ask } = bench({ policy })
    const proposed = call('refund', input)
    const approval = await governor.approvals.resolve(await ask(proposed), { ...approve('bob'), input: { ...input } })
    expect(approval).not.toHaveProperty('edit')
    expect(await run(proposed)).not.toHaveProperty('notice')
  })

  it('must fit the schema of the tool, while the reviewer is still there', async () => {
    const validate = (given: unknown): { readonly input: unknown } | { readonly problem: string } =>
      typeof (given as { amount?: unknown }).amount === 'number'
        ? { input: given }
        : { problem: 'amount: expected a number' }
    const { governor, run, ask, ran } = bench({ policy })
    const proposed = call('refund', input)
    const id = await ask(proposed, { validate })
    const wrong = { ...approve('bob'), input: { amount: 'all' } }
    await expect(governor.approvals.resolve(id, wrong)).rejects.toMatchObject({
      code: 'invalid-call',
      message: expect.stringContaining('amount: expected a number') as string,
    })
    expect(await governor.approvals.get(id)).toMatchObject({ status: 'pending', votes: [] })
    await governor.approvals.resolve(id, { ...approve('bob'), input: { amount: 7 } })
    await run(proposed, { validate })
    expect(ran).toEqual([{ amount: 7 }])
  })

  it('does not fit a schema that throws at it, whose words nobody sees', async () => {
    let isBroken = true
    const validate = (given: unknown) => {
      if (isBroken) throw new TypeError('secret of the schema')
      return { input: given }
    }
    const { governor, run, ask, ran } = bench({ policy })
    const proposed = call('refund', input)
    const id = await ask(proposed, { validate })
    const edited = { ...approve('bob'), input: { amount: 7 } }
    await expect(governor.approvals.resolve(id, edited)).rejects.toMatchObject({
      code: 'invalid-call',
      message: expect.not.stringContaining('secret') as string,
    })
    isBroken = false
    await governor.approvals.resolve(id, edited)
    isBroken = true
    const execution = await run(proposed, { validate })
    expect(execution).toMatchObject({ status: 'blocked' })
    expect(textOf(execution)).toContain('the changed input does not fit')
    expect(textOf(execution)).not.toContain('secret')
    expect(await governor.approvals.get(id)).toMatchObject({ status: 'cancelled' })
    expect(ran).toEqual([])
  })

  it('is not held against the schema of another tenant', async () => {
    const { governor, ask } = bench({ policy })
    const own = { tenant: 'acme', sessionId: 's', validate: (given: unknown) => ({ input: given }) }
    const id = await ask(call('refund', input), own)
    await ask(call('refund', input), { ...own, tenant: 'globex', validate: () => ({ problem: 'another schema' }) })
    const resolved = governor.approvals.resolve(id, { ...approve('bob'), input: { amount: 7 } })
    expect(await resolved).toMatchObject({ status: 'approved', edit: { input: { amount: 7 } } })
  })

  it.each<[string, ToolProfile]>([
    ['the governor', { redact: ['card.number'] }],
    ['the call', { redact: ['card.number'] }],
    ['a function', { redact: () => ({}) }],
  ])(
    'does not show the model what a profile masks, as known from %s, when it runs and when it is brought again',
    async (whose, profile) => {
      const { governor, run, ask } = bench({
        policy,
        ...(whose === 'the governor' ? { tools: { refund: profile } } : {}),
      })
      const scope = whose === 'the governor' ? {} : { profile }
      const proposed = call('refund', { amount: 5, card: { number: 'guess' } })
      const id = await ask(proposed, scope)
      const edited = { amount: 6, card: { number: 'secret' } }
      await governor.approvals.resolve(id, { ...approve('bob'), input: edited })
      for (let times = 0; times < 2; times++) {
        const execution = await run(proposed, scope)
        const notice = 'notice' in execution ? execution.notice : ''
        expect(notice).toContain(whose === 'a function' ? 'amount changed; ' : 'amount: 5 became 6; ')
        expect(notice).toContain('card.number changed')
        expect(notice).not.toMatch(/guess|secret/)
      }
    },
  )

  it('that does not fit the schema where it is to run ends the request', async () => {
    const { governor, run, ask, ran } = bench()
    const proposed = call('refund', input)
    const id = await ask(proposed)
    await governor.approvals.resolve(id, { ...approve('bob'), input: { amount: 'all' } })
    const execution = await run(proposed, { validate: () => ({ problem: 'amount: expected a number' }) })
    expect(execution).toMatchObject({ status: 'blocked', approvalLoop: { resumed: false } })
    expect(textOf(execution)).toContain('amount: expected a number')
    expect(await governor.approvals.get(id)).toMatchObject({ status: 'cancelled' })
    expect(ran).toEqual([])
  })

  it('is held against the policy and the budget', async () => {
    const { governor, ask } = bench({ policy })
    const id = await ask(call('refund', input))
    for (const amount of [5000, 601])
      expect(await codeOf(governor.approvals.resolve(id, { ...approve('bob'), input: { amount } }))).toBe('blocked')
    expect(await governor.approvals.get(id)).toMatchObject({ status: 'pending', votes: [] })
    expect(await governor.approvals.resolve(id, { ...approve('bob'), input: { amount: 600 } })).toMatchObject({
      status: 'approved',
    })
  })

  it('spends of the budget what runs, not what was proposed, and is looked at again when it runs', async () => {
    const { governor, run, ask, ran } = bench({ policy })
    const [one, two, three] = [call('refund', input), call('refund', input), call('refund', { amount: 150 })]
    const ids = [await ask(one), await ask(two), await ask(three)]
    await governor.approvals.resolve(ids[0] ?? '', { ...approve('bob'), input: { amount: 400 } })
    await governor.approvals.resolve(ids[1] ?? '', { ...approve('bob'), input: { amount: 300 } })
    await governor.approvals.resolve(ids[2] ?? '', approve('bob'))
    expect((await run(one)).status).toBe('executed')
    expect(await run(two)).toMatchObject({ status: 'blocked', decision: { result: 'blocked' } })
    expect((await run(three)).status).toBe('executed')
    expect(ran).toEqual([{ amount: 400 }, { amount: 150 }])
  })

  it('to another tool is refused, unless it was allowed for this tool', async () => {
    const { governor, ask } = bench({ policy, approvals: { toolSwitches: { refund: ['credit'] } } })
    const id = await ask(call('refund', input))
    expect(await codeOf(governor.approvals.resolve(id, { ...approve('bob'), tool: 'wire' }))).toBe('not-permitted')
    const other = await ask(call('credit', { amount: 5 }))
    expect(await codeOf(governor.approvals.resolve(other, { ...approve('bob'), tool: 'refund' }))).toBe('not-permitted')
    expect(await codeOf(governor.approvals.resolve(other, { ...approve('bob'), tool: 'constructor' }))).toBe(
      'not-permitted',
    )
    expect(await governor.approvals.resolve(id, { ...approve('bob'), tool: 'credit' })).toMatchObject({
      edit: { tool: 'credit' },
    })
  })

  it.each([
    ['with another input', { amount: 20 }],
    ['with the same input', undefined],
  ])('to another tool %s runs that tool and not the one that was proposed', async (_how, changed) => {
    const { governor, run, ask, ran } = bench({ policy, approvals: { toolSwitches: { refund: ['credit'] } } })
    const proposed = call('refund', input)
    const id = await ask(proposed)
    await governor.approvals.resolve(id, {
      ...approve('bob'),
      tool: 'credit',
      ...(changed === undefined ? {} : { input: changed }),
    })
    const credited: unknown[] = []
    const execution = await run(proposed, {
      switchTo: tool => (tool === 'credit' ? ({ input: given }) => credited.push(given) : undefined),
    })
    expect(execution).toMatchObject({
      status: 'executed',
      edit: {
        tool: 'credit',
        changes: [{ path: 'tool', from: 'refund', to: 'credit' }, ...(changed === undefined ? [] : [{}, {}, {}])],
      },
    })
    expect('notice' in execution && execution.notice).toContain('it called "credit" instead')
    expect(credited).toEqual([changed ?? input])
    expect(ran).toEqual([])
    expect(await governor.receipts.list()).toMatchObject([{ tool: 'credit', status: 'succeeded' }])
  })

  it('to another tool needs as many to agree to that tool', async () => {
    const approvals: ApprovalOptions = { quorum: 2, toolSwitches: { refund: ['credit'] } }
    const { governor, ask } = bench({ policy, approvals })
    const id = await ask(call('refund', input))
    await governor.approvals.resolve(id, approve('bob'))
    expect(await governor.approvals.resolve(id, { ...approve('cid'), tool: 'credit' })).toMatchObject({
      status: 'pending',
    })
    expect(await governor.approvals.resolve(id, approve('dan'))).toMatchObject({
      status: 'approved',
      edit: { tool: 'credit' },
    })
  })

  it('to a tool that cannot be executed here ends the request', async () => {
    const { governor, run, ask, ran } = bench({ policy, approvals: { toolSwitches: { refund: ['credit'] } } })
    const proposed = call('refund', input)
    await governor.approvals.resolve(await ask(proposed), { ...approve('bob'), tool: 'credit' })
    expect(textOf(await run(proposed))).toContain('a call of "credit" cannot be executed in its place')
    expect(ran).toEqual([])
  })

  it('in the conversation is held to the same', async () => {
    const { run, ask, ran } = bench({ policy })
    const proposed = call('refund', input)
    await ask(proposed)
    const refused = await run(proposed, { answer: { resolution: 'approved', input: { amount: 5000 } } })
    expect(refused).toMatchObject({ status: 'approval_required' })
    expect(textOf(refused)).toContain('over 1000')
    await run(proposed, { answer: { resolution: 'approved', input: { amount: 3 } } })
    expect(ran).toEqual([{ amount: 3 }])
  })
})

describe('a signed answer', () => {
  let keys: Awaited<ReturnType<typeof generateApprovalKeys>>
  let foreign: Awaited<ReturnType<typeof generateApprovalKeys>>
  beforeAll(async () => {
    keys = await generateApprovalKeys()
    foreign = await generateApprovalKeys()
  })

  const signed = async (options: ApprovalOptions = {}) => {
    const clock = testClock()
    const made = bench({ clock, approvals: { publicKeys: [keys.publicKey], ...options } })
    const proposed = call('refund', { amount: 500 })
    const id = await made.ask(proposed, { actor: 'agent', user: 'ann' })
    const digest = (await made.governor.approvals.get(id))?.digest ?? ''
    const sign = (claims: Partial<ResolutionToSign> = {}, key = keys.privateKey): Promise<string> =>
      signResolution({ approvalId: id, digest, resolution: 'approved', by: 'bob', ...claims }, key, { clock })
    const resolve = (token: string): Promise<unknown> => made.governor.approvals.resolve(id, { token })
    const bring = () => made.run(proposed, { actor: 'agent', user: 'ann' })
    return { ...made, proposed, id, digest, sign, resolve, bring }
  }

  it('counts, and runs the call once', async () => {
    const { governor, id, sign, resolve, bring, ran } = await signed()
    await resolve(await sign({ comment: 'fine' }))
    expect(await governor.approvals.get(id)).toMatchObject({
      by: 'bob',
      comment: 'fine',
      votes: [{ channel: 'token' }],
    })
    expect((await bring()).status).toBe('executed')
    await bring()
    expect(ran).toHaveLength(1)
  })

  it('can refuse, and can edit', async () => {
    const refused = await signed()
    await refused.resolve(await refused.sign({ resolution: 'rejected', comment: 'no' }))
    expect(textOf(await refused.bring())).toContain('("no")')
    const edited = await signed()
    await edited.resolve(await edited.sign({ input: { amount: 5 } }))
    await edited.bring()
    expect(edited.ran).toEqual([{ amount: 5 }])
  })

  it('is the only one that counts, on every channel', async () => {
    const { governor, id, proposed, run, ran } = await signed({
      onApprovalRequired: () => ({ resolution: 'approved', by: 'bob' }),
    })
    expect(await codeOf(governor.approvals.resolve(id, approve('bob')))).toBe('not-permitted')
    const scope = { actor: 'agent', user: 'ann' }
    for (const more of [{}, { answer: { resolution: 'approved' } }, { resumed: true }] as const) {
      expect((await run(proposed, { ...scope, ...more })).status).toBe('approval_required')
    }
    expect(ran).toEqual([])
  })

  it('is refused for whoever acts, and for whoever may not answer', async () => {
    const { sign, resolve } = await signed({ approvers: ['bob'] })
    expect(await codeOf(resolve(await sign({ by: 'agent' })))).toBe('not-permitted')
    expect(await codeOf(resolve(await sign({ by: 'cid' })))).toBe('not-permitted')
  })

  it('is refused under a wrong key, for another approval, another input, and when it was tampered with', async () => {
    const { governor, id, ask, sign, resolve } = await signed()
    const other = await ask(call('refund', { amount: 500 }))
    const token = await sign()
    const refused = [
      await sign({}, foreign.privateKey),
      await sign({ approvalId: other }),
      await sign({ digest: 'e'.repeat(64) }),
      token.slice(0, -8),
      token.replace(/^[^.]+/, 'e30'),
      '',
    ]
    for (const one of refused) expect(await codeOf(resolve(one))).toBe('invalid-token')
    expect(await codeOf(governor.approvals.resolve(other, { token }))).toBe('invalid-token')
    expect(await governor.approvals.get(id)).toMatchObject({ status: 'pending', revision: 1 })
  })

  it('is refused out of its time, give or take what the clocks may differ', async () => {
    const { clock, sign, resolve } = await signed({ clockSkewMs: 2000, ttlMs: HOUR })
    const token = await sign({ issuedAt: clock.now() + 3000, expiresAt: clock.now() + 10_000 })
    expect(await codeOf(resolve(token))).toBe('invalid-token')
    clock.advance(12_000)
    expect(await codeOf(resolve(token))).toBe('invalid-token')
    clock.advance(-1)
    expect(await resolve(token)).toMatchObject({ status: 'approved' })
  })

  it('counts once: not again, not for a quorum', async () => {
    const { sign, resolve } = await signed({ quorum: 2 })
    const token = await sign()
    expect(await resolve(token)).toMatchObject({ status: 'pending' })
    expect(await codeOf(resolve(token))).toBe('invalid-token')
    expect(await codeOf(resolve(await sign()))).toBe('not-permitted')
    const second = await sign({ by: 'cid' })
    expect(await resolve(second)).toMatchObject({ status: 'approved' })
    expect(await codeOf(resolve(second))).not.toBe('nothing was thrown')
  })

  it('of an input that was edited meanwhile is refused', async () => {
    const { sign, resolve } = await signed({ quorum: 2 })
    const early = await sign({ by: 'cid' })
    await resolve(await sign({ input: { amount: 5 } }))
    expect(await codeOf(resolve(early))).toBe('invalid-token')
  })

  it('cannot be checked without keys, and says so', async () => {
    const { governor, ask } = bench()
    const id = await ask(call('refund'))
    const token = await signResolution(
      { approvalId: id, digest: 'e'.repeat(64), resolution: 'approved', by: 'bob' },
      keys.privateKey,
    )
    await expect(governor.approvals.resolve(id, { token })).rejects.toThrow('`approvals.publicKeys` is missing')
  })

  it('cannot be made by the process that acts: a private key is refused as an option', () => {
    const publicKeys = [keys.privateKey]
    expect(() => createGovernor({ store: memoryStore(), policy: HELD, approvals: { publicKeys } })).toThrow(
      'approvals.publicKeys',
    )
  })
})
