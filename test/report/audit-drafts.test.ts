import { createHash } from 'node:crypto'
import type { Approval, AuditBatch, AuditDraft, Decision, Grant, Receipt } from 'countersign'
import * as fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { fail, succeed } from '../../src/execute/ledger/machine.js'
import { auditApproval, auditGrant } from '../../src/report/audit/approval-drafts.js'
import { AuditLog, checkAuditOptions } from '../../src/report/audit/audit-log.js'
import {
  auditDecision,
  auditExecution,
  auditKillSwitch,
  auditOutcome,
  auditReceipt,
  outputDigest,
} from '../../src/report/audit/drafts.js'
import { auditErasure } from '../../src/report/audit/erasure.js'
import { verifyEntries } from '../../src/report/audit/verify.js'
import { approvalOf, AT, decisionOf, fullDecision, grantOf, receiptOf } from '../../src/testing/store-cases/samples.js'
import type { Awaitable } from '../../src/types.js'
import { messageOf, runs, testClock } from '../support/governing.js'
import { kindOf, logged, OUTPUT, startOf } from './audit-support.js'

type Body = Readonly<Record<string, unknown>> & { readonly commits?: Readonly<Record<string, string>> }

const bodyOf = (draft: Awaitable<AuditDraft>): Body => JSON.parse((draft as AuditDraft).body) as Body
const personalOf = (draft: Awaitable<AuditDraft>): Readonly<Record<string, [string, unknown]>> =>
  JSON.parse((draft as AuditDraft).personal ?? '{}') as Record<string, [string, unknown]>
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

/** Says something of a person. */
const P = 'PERSONAL'
const vote = {
  by: `${P}-by`,
  at: AT,
  resolution: 'approved',
  stage: 0,
  digest: 'e'.repeat(64),
  channel: 'api',
} as const
const edit = { tool: 'refund', input: { to: P }, digest: vote.digest, changes: [{ path: 'to', from: P, to: P }] }
const request = approvalOf(decisionOf(), { call: { id: 'c', name: 'refund', input: { to: P } }, user: P, reason: P })
const approval = (fields: object): Approval => ({ ...request, revision: 2, ...fields })
const decision = decisionOf({
  user: P,
  target: P,
  value: 777_888_999,
  metadata: { note: P },
  reason: P,
  findings: [{ rule: 'r', effect: 'deny', reason: P, hard: true }],
})
const { leaseUntil: _lease, ...started } = startOf({ user: P })
const ended = { ...started, revision: 2, endedAt: AT + 5 }

const ERROR = { name: 'Error', message: P }
const begun = startOf()
const ending = { decisionId: 'd', status: 'executed', at: AT, durationMs: 5 } as const
const lost = succeed(begun, { kind: 'lost', reason: P }, AT + 5)

/** Everything that is written down, with what of it is personal. */
const drafts: Readonly<Record<string, readonly [Awaitable<AuditDraft>, readonly string[]]>> = {
  decision: [auditDecision(decision), ['user', 'target', 'value', 'metadata', 'reason']],
  execution: [auditExecution({ ...ending, status: 'tool_error', error: P }, { tenant: 'acme' }), ['error']],
  'decision, and the effect that began with it': [
    auditDecision(decision, startOf({ user: P, input: { kind: 'json', value: P } })),
    ['user', 'target', 'value', 'metadata', 'reason'],
  ],
  'execution, and the effect that ended with it': [
    auditExecution(ending, {}, succeed(begun, { kind: 'json', value: P }, AT)),
    ['output'],
  ],
  'execution, and the effect that failed with it': [
    auditExecution({ ...ending, status: 'tool_error', error: P }, {}, fail(begun, ERROR, AT)),
    ['error'],
  ],
  'receipt of a start': [auditReceipt({ ...started, leaseUntil: 5 }, AT), []],
  'receipt of a result': [
    auditReceipt({ ...ended, status: 'succeeded', output: { kind: 'json', value: P }, settledBy: P }, AT),
    ['output', 'by'],
  ],
  'receipt of a result that is lost': [
    auditReceipt({ ...ended, status: 'succeeded', output: { kind: 'lost', reason: P } }, AT),
    [],
  ],
  'receipt of an error': [auditReceipt({ ...ended, status: 'failed', error: ERROR }, AT), ['error']],
  outcome: [
    auditOutcome(
      { id: 'o', decisionId: 'd', status: 'FRAUD', at: AT, description: P, details: { note: P }, reportedBy: P },
      {},
    ),
    ['description', 'details', 'reportedBy'],
  ],
  'kill switch': [auditKillSwitch({ tool: 'refund', by: P, reason: P, at: AT }, true), ['by', 'reason']],
  erasure: [
    auditErasure({ decisionId: 'd', fields: ['user'], by: P, reason: P }, {}, AT),
    ['erasedBy', 'erasureReason'],
  ],
  'request that was opened': [auditApproval(request, AT), ['input']],
  'answer with a comment': [
    auditApproval(approval({ status: 'rejected', votes: [{ ...vote, comment: P }] }), AT),
    ['by', 'comment'],
  ],
  'answer with an edit': [
    auditApproval(approval({ status: 'approved', votes: [vote], edit }), AT),
    ['by', 'input', 'changes'],
  ],
  'request that was cancelled': [
    auditApproval(approval({ status: 'cancelled', by: P, comment: P }), AT),
    ['by', 'comment'],
  ],
  'request that expired': [auditApproval(approval({ status: 'expired' }), AT), []],
  'request that was used': [auditApproval(approval({ status: 'consumed', votes: [vote], edit }), AT), []],
  'grant that was given': [
    auditGrant(grantOf({ user: P, by: P, comment: P, when: { 'input.to': { eq: P } } }), AT),
    ['user', 'when', 'by', 'comment'],
  ],
  'grant that was used': [auditGrant(grantOf({ revision: 2, uses: 1, user: P, by: P }), AT, 'd'), []],
  'grant that was revoked': [auditGrant(grantOf({ revision: 2, revoked: { by: P, at: AT } }), AT), ['by']],
}

describe('what is written down', () => {
  it.each(Object.entries(drafts))('of a %s: commitments in place of what is personal', (_title, [draft, fields]) => {
    const { commits = {}, ...facts } = bodyOf(draft)
    const personal = personalOf(draft)
    expect(JSON.stringify({ commits, facts })).not.toMatch(/PERSONAL|777888999/)
    expect(Object.keys(commits).toSorted()).toEqual(fields.toSorted())
    expect(Object.keys(personal)).toEqual(Object.keys(commits))
    for (const [name, [salt, value]] of Object.entries(personal)) {
      expect(salt).toMatch(/^[\w-]{22}$/)
      expect(commits[name]).toBe(sha256(salt + JSON.stringify(value)))
    }
    expect((draft as AuditDraft).decisionId).toBe(facts['decisionId'])
    expect((draft as AuditDraft).tenant).toBe(facts['tenant'])
  })

  it('of a decision: who did what under which policy, with the reasons beside it', () => {
    const full = fullDecision()
    const { commits: _commits, ...facts } = bodyOf(auditDecision({ ...full, grantId: 'g' }))
    const { user: _user, target: _target, value: _value, metadata: _metadata, reason: _reason, ...shown } = full
    const { id, findings, dryRun: _dryRun, ...rest } = shown
    expect(facts).toEqual({
      ...rest,
      v: 1,
      kind: 'decision',
      decisionId: id,
      grantId: 'g',
      findings: JSON.parse(
        JSON.stringify(findings.map(({ rule, effect, hard }) => ({ rule, effect, hard }))),
      ) as unknown,
    })
    expect(personalOf(auditDecision(full))['reason']?.[1]).toEqual([full.reason, 'because', 'ask'])
  })

  it('of a request: each step, and what it changed', () => {
    const stages = [{ quorum: 1 }, { approvers: ['cto'], quorum: 1 }]
    const steps: readonly (readonly [object, string, object])[] = [
      [{ revision: 1, status: 'pending' }, 'opened', { callId: 'c', onExpiry: 'reject', approver: 'chat-user' }],
      [{ status: 'pending', votes: [vote] }, 'answered', { status: 'pending', vote: { stage: 0, channel: 'api' } }],
      [{ status: 'approved', votes: [vote], edit }, 'answered', { edit: { tool: 'refund', digest: edit.digest } }],
      [{ status: 'rejected', votes: [{ ...vote, nonce: 'n' }] }, 'answered', { vote: { nonce: 'n' } }],
      [{ status: 'pending', votes: [vote], escalated: true, stages }, 'escalated', { stages }],
      [{ status: 'pending', votes: [vote, { ...vote, stage: 1 }], escalated: true, stages }, 'answered', {}],
      [{ status: 'expired' }, 'expired', {}],
      [{ status: 'cancelled' }, 'cancelled', {}],
      [{ status: 'consumed' }, 'consumed', { key: request.key }],
    ]
    for (const [fields, step, facts] of steps) {
      expect(bodyOf(auditApproval(approval(fields), AT))).toMatchObject({
        kind: 'approval',
        id: request.id,
        step,
        ...facts,
      })
    }
    const steady = [grantOf(), grantOf({ revision: 2 }), grantOf({ revision: 3, revoked: { by: 'ada', at: AT } })]
    expect(steady.map((grant: Grant) => bodyOf(auditGrant(grant, AT, 'd'))['step'])).toEqual([
      'given',
      'used',
      'revoked',
    ])
  })

  it('of the same value twice: two commitments that nobody can compare', () => {
    const seen = new Set<string>()
    for (let round = 0; round < 1000; round++) {
      const { commits = {} } = bodyOf(auditDecision(decision))
      for (const commit of Object.values(commits)) seen.add(commit)
    }
    expect(seen.size).toBe(5000)
  })

  it('of an output: a hash by which whoever has it can show that it was this one', async () => {
    const [draft] = drafts['receipt of a result'] ?? []
    expect(personalOf(draft as AuditDraft)['output']?.[1]).toBe(sha256(JSON.stringify(P)))
    expect(await outputDigest(P)).toBe(sha256(JSON.stringify(P)))
    expect(JSON.stringify(draft)).not.toContain(`"${P}"]`)
  })

  it('of any values at all verifies', async () => {
    const value = fc.anything({ withBigInt: true, withDate: true, withMap: true, withNullPrototype: true })
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary' }), value, fc.string(), async (user, note, reason) => {
        const log = logged()
        const given = decisionOf({ user, metadata: { note }, reason })
        const audit = (await log.log.of({ at: 1, decision: given })) as AuditBatch
        await log.store.commit({ at: 1, audit })
        expect(await verifyEntries(await log.entries())).toMatchObject({ ok: true, entries: 1 })
      }),
      runs(300),
    )
  })

  it('of what JSON cannot write says so, and keeps nothing out of the log', () => {
    const cyclic: Record<string, unknown> = {}
    cyclic['self'] = cyclic
    for (const metadata of [cyclic, { big: 1n }]) {
      expect(personalOf(auditDecision({ ...decision, metadata }))['metadata']?.[1]).toBe('[unwritable]')
    }
  })

  it('is the same where there is no Node, a little later', async () => {
    vi.stubGlobal('process', { env: {} })
    vi.resetModules()
    try {
      const web = await import('../../src/report/audit/audit-log.js')
      const log = new web.AuditLog({ store: logged().store, clock: testClock(), key: 'key' })
      const receipt = { ...ended, status: 'succeeded', output: { kind: 'json', value: 1 } } as Receipt
      const batch = log.of({ at: AT, decision, receipt })
      expect(batch).toBeInstanceOf(Promise)
      const { entries } = (await batch) as AuditBatch
      const { commits: _a, ...facts } = bodyOf(entries[0] as AuditDraft)
      const { commits: _b, ...expected } = bodyOf(auditDecision(decision))
      expect(facts).toEqual(expected)
      expect(entries.map(kindOf)).toEqual(['decision', 'receipt'])
      const store = logged({ key: 'key' })
      await store.store.commit({ at: AT, audit: (await batch) as AuditBatch })
      expect(await store.control.verify()).toMatchObject({ ok: true, entries: 2 })
    } finally {
      vi.unstubAllGlobals()
      vi.resetModules()
    }
  })
})

describe('what is appended with a commit', () => {
  const kindsOf = (batch: Awaitable<AuditBatch | undefined>): readonly unknown[] =>
    (batch as AuditBatch | undefined)?.entries.map(kindOf) ?? []
  const bodiesOf = (batch: Awaitable<AuditBatch | undefined>): readonly Body[] =>
    (batch as AuditBatch | undefined)?.entries.map(bodyOf) ?? []
  const execution = { decisionId: decision.id, status: 'executed', at: AT + 5, durationMs: 4 } as const

  it('is an entry for each of its parts but an effect that begins with the decision, all of the same tenant', () => {
    const { log } = logged()
    const held: Decision = { ...decision, tenant: 'acme' }
    const about = { decisionId: held.id, tenant: 'acme' }
    const batch = log.of({
      at: AT,
      decision: held,
      grant: grantOf({ tenant: 'acme' }),
      approval: approvalOf(held, { tenant: 'acme' }),
      receipt: receiptOf(about),
      execution: { decisionId: held.id, status: 'executed', at: AT, durationMs: 1 },
      outcome: { id: 'o', decisionId: held.id, status: 'SUCCESS', at: AT },
    })
    expect(kindsOf(batch)).toEqual(['decision', 'grant', 'approval', 'execution', 'outcome'])
    for (const entry of (batch as AuditBatch).entries) expect(entry).toMatchObject(about)
  })

  it('is one entry for a decision and the effect that begins with it', () => {
    const receipt = startOf({ decisionId: decision.id, input: { kind: 'json', value: P } })
    const [entry, ...others] = bodiesOf(logged().log.of({ at: AT, decision, receipt }))
    const { key, fence, startedAt } = receipt
    expect(entry).toMatchObject({ kind: 'decision', decisionId: decision.id })
    expect(entry?.['receipt']).toEqual({ key, revision: 1, fence, status: 'started', startedAt })
    expect(others).toEqual([])
  })

  it.each([
    ['result', 'executed', succeed(begun, OUTPUT, AT + 5), { status: 'succeeded', output: 'json' }],
    ['result that is lost', 'executed', lost, { status: 'succeeded', output: 'lost' }],
    ['error', 'tool_error', fail(begun, ERROR, AT + 5), { status: 'failed' }],
  ] as const)(
    'is one entry for an execution and the effect that ends with it: a %s',
    (_title, status, receipt, state) => {
      const [entry, ...others] = bodiesOf(logged().log.of({ at: AT + 5, receipt, execution: { ...execution, status } }))
      const { key, fence, startedAt } = begun
      expect(entry).toMatchObject({ kind: 'execution', status, durationMs: 4 })
      expect(entry?.['receipt']).toEqual({ key, revision: 2, fence, startedAt, endedAt: AT + 5, ...state })
      expect(others).toEqual([])
    },
  )

  it('is an entry of its own for an effect that did not begin with the decision, nor end with an execution', () => {
    const receipt = startOf()
    const settled = succeed(receipt, OUTPUT, AT + 5)
    const both = bodiesOf(logged().log.of({ at: AT + 5, decision, receipt: settled }))
    expect(both.map(({ kind, receipt: shown }) => [kind, shown])).toEqual([
      ['decision', undefined],
      ['receipt', undefined],
    ])
    expect(bodiesOf(logged().log.of({ at: AT + 5, receipt: settled }))).toMatchObject([
      { kind: 'receipt', key: receipt.key, tool: receipt.tool, digest: receipt.digest, status: 'succeeded' },
    ])
  })

  it('is one entry for an approval that was used, and one for the effect that begins with it', () => {
    const used = approval({ status: 'consumed', votes: [vote] })
    const receipt = startOf({ decisionId: used.decisionId, approvalId: used.id })
    expect(bodiesOf(logged().log.of({ at: AT, approval: used, receipt }))).toMatchObject([
      { kind: 'approval', step: 'consumed', id: used.id },
      { kind: 'receipt', status: 'started', key: receipt.key, approvalId: used.id },
    ])
  })

  it('says nothing of an effect where there is none', () => {
    const refused = bodiesOf(logged().log.of({ at: AT, decision: { ...decision, result: 'blocked' }, execution }))
    expect(refused.map(({ kind, receipt }) => [kind, receipt])).toEqual([
      ['decision', undefined],
      ['execution', undefined],
    ])
  })

  it('is nothing of a dry run', () => {
    expect(logged().log.of({ at: AT, decision: { ...decision, dryRun: true } })).toBeUndefined()
    expect(kindsOf(logged().log.of({ at: AT, decision: { ...decision, dryRun: false } }))).toEqual(['decision'])
  })

  it('is nothing where a commit says nothing', () => {
    expect(logged().log.of({ at: AT, spends: [] })).toBeUndefined()
  })

  it('is the start of an effect once, not every sign of its life', () => {
    const { log } = logged()
    const receipt = { ...started, startedAt: AT, leaseUntil: AT + 10 } as Receipt
    expect(kindsOf(log.of({ at: AT, receipt }))).toEqual(['receipt'])
    for (const at of [AT + 1, AT + 2]) {
      expect(log.of({ at, receipt: { ...receipt, revision: 2, leaseUntil: at + 10 } as Receipt })).toBeUndefined()
    }
    expect(kindsOf(log.of({ at: AT + 3, receipt: { ...receipt, fence: 2 } }))).toEqual(['receipt'])
    expect(kindsOf(log.of({ at: AT + 3, receipt: { ...receipt, key: 'other' } }))).toEqual(['receipt'])
    const unknown = { ...ended, status: 'unknown', since: AT + 2 } as Receipt
    expect(bodiesOf(log.of({ at: AT + 4, receipt: unknown }))).toMatchObject([
      { kind: 'receipt', status: 'unknown', startedAt: ended.startedAt, since: AT + 2 },
    ])
  })

  it('is the start of an effect that was tried again within the same millisecond', () => {
    const { log } = logged()
    const receipt = { ...started, startedAt: AT } as Receipt
    for (const _try of [1, 2]) expect(kindsOf(log.of({ at: AT, receipt }))).toEqual(['receipt'])
  })
})

describe('the options of the log', () => {
  it.each([
    [null, 'Option `audit`: expected an object'],
    [{ keys: 'x' }, 'Option `audit.keys`: unknown option; known are key, checkpoints. Did you mean "key"?'],
    [{ key: '' }, 'Option `audit.key`: expected a text that is hard to guess'],
    [{ checkpoints: null }, 'Option `audit.checkpoints`: expected an object with `privateKey` and `to`'],
    [{ checkpoints: { to: 'x' } }, 'Option `audit.checkpoints.privateKey`: expected an Ed25519 private key'],
  ])('%j are refused', (options, message) => {
    expect(messageOf(() => checkAuditOptions(options))).toContain(message)
  })

  it('may be none', () => {
    checkAuditOptions({})
    expect(() => new AuditLog({ store: logged().store, clock: testClock() })).not.toThrow()
  })
})
