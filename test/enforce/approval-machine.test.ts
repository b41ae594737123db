import type { Approval, Edit, Vote } from 'countersign'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  asOf,
  cancel,
  castVote,
  consume,
  effectiveDigest,
  isRepeated,
  mayNotResolve,
  stageOf,
} from '../../src/enforce/approval/machine.js'
import { runs } from '../support/governing.js'

const START = 1000
const TTL = 100
const DIGEST = 'a'.repeat(64)

type Pending = Extract<Approval, { status: 'pending' }>

function request(fields: Partial<Pending> = {}): Pending {
  return {
    id: 'a-1',
    revision: 1,
    status: 'pending',
    key: 'k'.repeat(64),
    policyVersion: 'v1',
    decisionId: 'd-1',
    at: START,
    expiresAt: START + TTL,
    call: { id: 'c-1', name: 'refund', input: { amount: 5 } },
    digest: DIGEST,
    actor: 'agent',
    user: 'ann',
    reason: 'ask',
    approver: 'chat-user',
    stages: [{ quorum: 1 }],
    onExpiry: 'reject',
    escalateTo: [],
    votes: [],
    ...fields,
  }
}

const edit = (to: string, tool = 'refund'): Edit => ({
  tool,
  input: { to },
  digest: to.repeat(64).slice(0, 64),
  changes: [{ path: 'to', to }],
})

interface Said extends Partial<Omit<Vote, 'stage' | 'digest'>> {
  readonly edit?: Edit
}

function answer(approval: Approval, by: string, { edit: wanted, ...said }: Said = {}): Approval {
  const vote = { by, at: START + 1, resolution: 'approved', channel: 'api', ...said } as const
  return castVote(approval, { vote, ...(wanted === undefined ? {} : { edit: wanted }) })
}

const codeOf = (action: () => unknown): unknown => {
  try {
    action()
  } catch (error) {
    return (error as { code?: unknown }).code
  }
  return 'nothing was thrown'
}

/** What a request holds in each state besides what every request holds. */
const OWN: Readonly<Record<Approval['status'], readonly string[]>> = {
  pending: ['edit'],
  approved: ['edit', 'resolvedAt', 'by', 'comment'],
  rejected: ['resolvedAt', 'by', 'comment'],
  expired: ['resolvedAt'],
  cancelled: ['resolvedAt', 'by', 'comment'],
  consumed: ['edit', 'resolvedAt', 'by', 'comment', 'consumedAt'],
}
const SHARED = new Set([...Object.keys(request()), 'escalated'])
const foreignFields = (approval: Approval): string[] =>
  Object.keys(approval).filter(field => !SHARED.has(field) && !OWN[approval.status].includes(field))

describe('one answer', () => {
  it('approves, names who gave it, and is one more revision', () => {
    const approved = answer(request(), 'bob', { comment: 'fine' })
    expect(approved).toMatchObject({
      status: 'approved',
      revision: 2,
      by: 'bob',
      comment: 'fine',
      resolvedAt: START + 1,
    })
    expect(approved.votes).toEqual([
      { by: 'bob', at: START + 1, resolution: 'approved', channel: 'api', comment: 'fine', stage: 0, digest: DIGEST },
    ])
  })

  it('rejects, also where many approvals are needed and an edit stands', () => {
    const edited = answer(request({ stages: [{ quorum: 3 }] }), 'bob', { edit: edit('b') })
    const rejected = answer(edited, 'cid', { resolution: 'rejected', comment: 'no' })
    expect(rejected).toMatchObject({ status: 'rejected', by: 'cid', comment: 'no', revision: 3 })
    expect(foreignFields(rejected)).toEqual([])
  })

  it('is not taken for a request that has ended', () => {
    const approved = answer(request(), 'bob')
    const ended = [
      approved,
      consume(approved, START + 2),
      answer(request(), 'bob', { resolution: 'rejected' }),
      cancel(request(), 'bob', 'why', START),
      asOf(request(), START + TTL),
    ]
    for (const approval of ended) expect(codeOf(() => answer(approval, 'cid'))).toBe('not-pending')
  })
})

describe('who may answer', () => {
  it('is never the principal that acts, on any channel, nor nobody', () => {
    for (const channel of ['api', 'chat', 'callback', 'token'] as const) {
      for (const resolution of ['approved', 'rejected'] as const) {
        expect(codeOf(() => answer(request(), 'agent', { channel, resolution }))).toBe('not-permitted')
        expect(codeOf(() => answer(request(), '', { channel, resolution }))).toBe('not-permitted')
      }
    }
    expect(codeOf(() => answer(request({ stages: [{ approvers: ['agent'], quorum: 1 }] }), 'agent'))).toBe(
      'not-permitted',
    )
    expect(codeOf(() => answer(request({ user: 'agent' }), 'agent', { channel: 'chat' }))).toBe('not-permitted')
  })

  it('is the person in the conversation, there and elsewhere, for a chat-user request', () => {
    expect(answer(request(), 'ann', { channel: 'chat' }).status).toBe('approved')
    expect(answer(request(), 'ann').status).toBe('approved')
    expect(answer(request(), 'bob').status).toBe('approved')
  })

  it('is only somebody else, elsewhere, for an inbox request', () => {
    const inbox = request({ approver: 'inbox' })
    expect(codeOf(() => answer(inbox, 'ann', { channel: 'chat' }))).toBe('not-permitted')
    expect(codeOf(() => answer(inbox, 'bob', { channel: 'chat' }))).toBe('not-permitted')
    for (const channel of ['api', 'callback', 'token'] as const) {
      expect(codeOf(() => answer(inbox, 'ann', { channel }))).toBe('not-permitted')
      expect(answer(inbox, 'bob', { channel }).status).toBe('approved')
    }
  })

  it('is among the approvers, where there are any', () => {
    const named = request({ stages: [{ approvers: ['bob', 'cid'], quorum: 1 }] })
    expect(mayNotResolve(named, { by: 'dan', channel: 'api' })).toContain('bob, cid')
    expect(codeOf(() => answer(named, 'dan', { resolution: 'rejected' }))).toBe('not-permitted')
    expect(codeOf(() => answer(named, 'ann', { channel: 'chat' }))).toBe('not-permitted')
    expect(answer(named, 'cid').status).toBe('approved')
  })
})

describe('a quorum', () => {
  it('needs as many different people', () => {
    const first = answer(request({ stages: [{ quorum: 3 }] }), 'bob')
    expect(first.status).toBe('pending')
    expect(codeOf(() => answer(first, 'bob'))).toBe('not-permitted')
    const second = answer(first, 'cid')
    expect(second.status).toBe('pending')
    expect(answer(second, 'dan')).toMatchObject({ status: 'approved', by: 'dan', revision: 4 })
  })

  it('does not let one person take a yes back into a no of the same input', () => {
    const first = answer(request({ stages: [{ quorum: 2 }] }), 'bob')
    expect(codeOf(() => answer(first, 'bob', { resolution: 'rejected' }))).toBe('not-permitted')
  })

  it('begins anew with an edit: what was said of another input does not count', () => {
    const first = answer(request({ stages: [{ quorum: 2 }] }), 'bob')
    const edited = answer(first, 'cid', { edit: edit('b') })
    expect(edited).toMatchObject({ status: 'pending', edit: { digest: edit('b').digest } })
    const agreed = answer(edited, 'bob')
    expect(agreed).toMatchObject({ status: 'approved', edit: { digest: edit('b').digest } })
    expect(agreed.votes.map(({ digest }) => digest)).toEqual([DIGEST, edit('b').digest, edit('b').digest])
  })

  it('counts what was said of the first input again, once an edit leads back to it', () => {
    const first = answer(request({ stages: [{ quorum: 2 }] }), 'bob')
    const edited = answer(first, 'cid', { edit: edit('b') })
    const back = answer(edited, 'dan', { edit: { ...edit('b'), digest: DIGEST } })
    expect(back.status).toBe('approved')
    expect(effectiveDigest(back)).toBe(DIGEST)
  })
})

describe('ordered stages', () => {
  const stages = [
    { approvers: ['bob'], quorum: 1 },
    { approvers: ['cid', 'dan'], quorum: 1 },
  ]

  it('are asked in their order', () => {
    const asked = request({ stages })
    expect(stageOf(asked)).toBe(0)
    expect(codeOf(() => answer(asked, 'cid'))).toBe('not-permitted')
    const first = answer(asked, 'bob')
    expect([first.status, stageOf(first)]).toEqual(['pending', 1])
    expect(codeOf(() => answer(first, 'bob'))).toBe('not-permitted')
    expect(answer(first, 'cid')).toMatchObject({ status: 'approved', votes: [{ stage: 0 }, { stage: 1 }] })
  })

  it('are not answered twice by one person, even one who may answer in both', () => {
    const open = answer(request({ stages: [{ quorum: 1 }, { quorum: 1 }] }), 'bob')
    expect(codeOf(() => answer(open, 'bob'))).toBe('not-permitted')
    expect(answer(open, 'cid').status).toBe('approved')
  })

  it('can be refused in any of them', () => {
    expect(answer(answer(request({ stages }), 'bob'), 'dan', { resolution: 'rejected' }).status).toBe('rejected')
  })

  it('are gone through again for an edit: who edits in a later one does not answer for an earlier one', () => {
    const edited = answer(answer(request({ stages }), 'bob'), 'cid', { edit: edit('b') })
    expect([edited.status, stageOf(edited)]).toEqual(['pending', 0])
    expect(edited.votes.at(-1)).toMatchObject({ by: 'cid', stage: 1 })
    expect(codeOf(() => answer(edited, 'dan'))).toBe('not-permitted')
    expect(answer(edited, 'bob')).toMatchObject({ status: 'approved', edit: { digest: edit('b').digest } })
  })
})

describe('the time of a request', () => {
  it('ends at the millisecond it expires, pending or approved, and gives back the same object before', () => {
    const pending = request()
    expect(asOf(pending, START + TTL - 1)).toBe(pending)
    for (const approval of [
      pending,
      answer(pending, 'bob', { comment: 'ok' }),
      answer(pending, 'bob', { edit: edit('b') }),
    ]) {
      const expired = asOf(approval, START + TTL)
      expect(expired).toMatchObject({ status: 'expired', resolvedAt: START + TTL, revision: approval.revision + 1 })
      expect(foreignFields(expired)).toEqual([])
    }
  })

  it('no longer matters once it has ended', () => {
    const approved = answer(request(), 'bob')
    const ended = [
      consume(approved, START + 2),
      answer(request(), 'bob', { resolution: 'rejected' }),
      cancel(request(), 'bob', 'why', START),
      asOf(request(), START + TTL),
    ]
    for (const approval of ended) expect(asOf(approval, START + 99 * TTL)).toBe(approval)
  })

  it('goes on once, as long again, for those it escalates to, and for nobody else', () => {
    const asked = request({ onExpiry: 'escalate', escalateTo: ['boss'] })
    const escalated = asOf(asked, START + TTL)
    expect(escalated).toMatchObject({ status: 'pending', escalated: true, expiresAt: START + 2 * TTL })
    expect(codeOf(() => answer(escalated, 'bob'))).toBe('not-permitted')
    expect(codeOf(() => answer(escalated, 'ann', { channel: 'chat' }))).toBe('not-permitted')
    expect(answer(escalated, 'boss')).toMatchObject({ status: 'approved', votes: [{ by: 'boss', stage: 1 }] })
    expect(asOf(escalated, START + 2 * TTL).status).toBe('expired')
    expect(asOf(asked, START + 2 * TTL)).toMatchObject({ status: 'expired', resolvedAt: START + 2 * TTL })
  })

  it('lets those it escalates to stand in for a quorum that was not reached', () => {
    const asked = request({ onExpiry: 'escalate', escalateTo: ['boss'], stages: [{ quorum: 2 }, { quorum: 2 }] })
    const escalated = asOf(answer(asked, 'bob'), START + TTL)
    expect(answer(escalated, 'boss').status).toBe('approved')
  })

  it('does not escalate what was approved and not used', () => {
    const approved = answer(request({ onExpiry: 'escalate', escalateTo: ['boss'] }), 'bob')
    expect(asOf(approved, START + TTL).status).toBe('expired')
  })
})

describe('an approval', () => {
  it('is used up once', () => {
    const consumed = consume(answer(request(), 'bob', { edit: edit('b') }), START + 5)
    expect(consumed).toMatchObject({ status: 'consumed', consumedAt: START + 5, by: 'bob', edit: edit('b') })
    expect(codeOf(() => consume(consumed, START + 6))).toBe('not-pending')
  })

  it('is used up by nothing but an approved one', () => {
    for (const approval of [
      request(),
      answer(request(), 'bob', { resolution: 'rejected' }),
      asOf(request(), START + TTL),
    ])
      expect(codeOf(() => consume(approval, START + 5))).toBe('not-pending')
  })

  it('can be cancelled until it was used or refused', () => {
    const approved = answer(request(), 'bob', { comment: 'fine', edit: edit('b') })
    const cancelled = cancel(approved, 'cid', 'too late', START + 7)
    expect(cancelled).toMatchObject({ status: 'cancelled', by: 'cid', comment: 'too late', resolvedAt: START + 7 })
    expect(foreignFields(cancelled)).toEqual([])
    expect(codeOf(() => cancel(cancelled, 'cid', 'again', START))).toBe('not-pending')
    expect(codeOf(() => cancel(consume(approved, START), 'cid', 'late', START))).toBe('not-pending')
    expect(codeOf(() => consume(cancelled, START))).toBe('not-pending')
  })
})

describe('an answer that comes twice', () => {
  it('is known again by who, what and of which input', () => {
    const approved = answer(request(), 'bob')
    const same = { by: 'bob', at: 0, resolution: 'approved', channel: 'api' } as const
    expect(isRepeated(approved, same)).toBe(true)
    expect(isRepeated(approved, { ...same, by: 'cid' })).toBe(false)
    expect(isRepeated(approved, { ...same, resolution: 'rejected' })).toBe(false)
    expect(isRepeated(approved, { ...same, nonce: 'n' })).toBe(false)
  })

  it('is known again after it has refused a call that somebody had changed', () => {
    const changed = answer(request({ stages: [{ quorum: 2 }] }), 'bob', { edit: edit('b') })
    const rejected = answer(changed, 'cid', { resolution: 'rejected' })
    expect(isRepeated(rejected, { by: 'cid', at: 9, resolution: 'rejected', channel: 'api' })).toBe(true)
    expect(isRepeated(rejected, { by: 'bob', at: 9, resolution: 'rejected', channel: 'api' })).toBe(false)
    expect(isRepeated(rejected, { by: 'bob', at: 9, resolution: 'approved', channel: 'api' })).toBe(false)
  })

  it('is refused where it is signed: a nonce counts once, whoever brings it', () => {
    const first = answer(request({ stages: [{ quorum: 2 }] }), 'bob', { channel: 'token', nonce: 'n-1' })
    expect(codeOf(() => answer(first, 'cid', { channel: 'token', nonce: 'n-1' }))).toBe('invalid-token')
    expect(answer(first, 'cid', { channel: 'token', nonce: 'n-2' }).status).toBe('approved')
  })
})

describe('any sequence of operations', () => {
  const names = ['agent', 'ann', 'bob', 'cid', 'boss', '']
  const stages = fc.constantFrom<Approval['stages']>(
    [{ quorum: 1 }],
    [{ quorum: 2 }],
    [{ quorum: 1 }, { approvers: ['bob', 'cid'], quorum: 1 }],
    [
      { approvers: ['bob', 'agent'], quorum: 1 },
      { approvers: ['cid', 'ann', 'bob'], quorum: 2 },
    ],
  )
  const voting = fc.record({
    kind: fc.constant('vote' as const),
    by: fc.constantFrom(...names),
    resolution: fc.constantFrom('approved' as const, 'approved' as const, 'approved' as const, 'rejected' as const),
    channel: fc.constantFrom('api' as const, 'chat' as const, 'callback' as const, 'token' as const),
    to: fc.option(fc.constantFrom('b', 'c', 'a'), { freq: 3 }),
    nonce: fc.constantFrom('n-1', 'n-2', 'n-3'),
  })
  const operation = fc.oneof(
    { weight: 6, arbitrary: voting },
    fc.record({ kind: fc.constant('consume' as const) }),
    fc.record({ kind: fc.constant('cancel' as const) }),
    fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 0, max: 80 }) }),
  )

  /** Different people who said yes to the input as it stands, among those who were asked in that stage. */
  const isBacked = (approval: Approval): boolean =>
    approval.stages.every((stage, index) => {
      const isStandIn = approval.escalated === true && index < approval.stages.length - 1
      const said = approval.votes.filter(
        ({ stage: at, resolution, digest, by }) =>
          at === index &&
          resolution === 'approved' &&
          digest === effectiveDigest(approval) &&
          (stage.approvers?.includes(by) ?? true),
      )
      return isStandIn || new Set(said.map(({ by }) => by)).size >= stage.quorum
    })

  it('keeps every law of a request', () =>
    fc.assert(
      fc.property(
        stages,
        fc.constantFrom('chat-user' as const, 'inbox' as const),
        fc.constantFrom('reject' as const, 'escalate' as const),
        fc.array(operation, { maxLength: 14 }),
        (rounds, approver, onExpiry, operations) => {
          let approval: Approval = request({ stages: rounds, approver, onExpiry, escalateTo: ['boss', 'agent'] })
          let now = START
          let consumed = 0
          for (const step of operations) {
            const before: Approval = approval
            try {
              if (step.kind === 'wait') {
                now += step.ms
                approval = asOf(approval, now)
              } else if (step.kind === 'consume') {
                approval = consume(approval, now)
                consumed++
              } else if (step.kind === 'cancel') approval = cancel(approval, 'cid', 'why', now)
              else {
                const { by, resolution, channel, to, nonce } = step
                const vote = { by, at: now, resolution, channel, ...(channel === 'token' ? { nonce } : {}) }
                approval = castVote(approval, { vote, ...(to === null ? {} : { edit: edit(to) }) })
              }
            } catch (error) {
              expect(['not-pending', 'not-permitted', 'invalid-token']).toContain((error as { code?: unknown }).code)
              expect(approval).toBe(before)
            }
            expect(foreignFields(approval)).toEqual([])
            if (approval !== before && step.kind !== 'wait') expect(approval.revision).toBe(before.revision + 1)
            expect(approval.votes.slice(0, before.votes.length)).toEqual(before.votes)
            if (before.status !== 'pending' && before.status !== 'approved') expect(approval).toBe(before)
            if (approval.status === 'approved' || approval.status === 'consumed') expect(isBacked(approval)).toBe(true)
          }
          expect(consumed).toBeLessThanOrEqual(1)
          for (const vote of approval.votes) {
            expect(['agent', '']).not.toContain(vote.by)
            if (approver === 'inbox') expect([vote.channel === 'chat', vote.by === 'ann']).toEqual([false, false])
          }
          const voters = approval.votes.map(({ by, digest }) => `${by} ${digest}`)
          expect(new Set(voters).size).toBe(voters.length)
          const nonces = approval.votes.flatMap(({ nonce }) => nonce ?? [])
          expect(new Set(nonces).size).toBe(nonces.length)
        },
      ),
      runs(3000),
    ))
})
