import { createGovernor, isGovernanceError, memoryStore, outputDigest } from 'countersign'
import type { DocumentStore } from 'countersign'
import { sqliteStore } from 'countersign/stores/sqlite'
import { describe, expect, it } from 'vitest'
import { fail, release, succeed } from '../../src/execute/ledger/machine.js'
import { auditControl } from '../../src/report/audit/control.js'
import { joinRecord } from '../../src/report/audit/record.js'
import { AT, decisionOf, grantOf, outcomeOf } from '../../src/testing/store-cases/samples.js'
import { callThrough, killSwitchOf, kindOf, logged, OUTPUT, runAtOnce, startOf } from './audit-support.js'

const stores: readonly (readonly [string, () => DocumentStore])[] = [
  ['memory', () => memoryStore()],
  ['sqlite', () => sqliteStore(':memory:')],
]

const codeOf = async (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'fulfilled',
    (error: unknown) => (isGovernanceError(error) ? error.code : error),
  )

describe.each(stores)('the audit log in the %s store', (_name, create) => {
  it('joins a call: what was decided, who answered, what ran, how it turned out', async () => {
    const log = logged({}, create())
    const decision = await callThrough(log, { metadata: { channel: 'chat' } })
    await callThrough(log)
    const record = await log.control.record(decision.id)
    const request = (await log.store.listApprovals({})).find(({ decisionId }) => decisionId === decision.id)
    expect(record).toMatchObject({
      decisionId: decision.id,
      decision: {
        kind: 'decision',
        tool: 'refund',
        actor: 'AI_AGENT',
        user: 'ada@example.org',
        value: 40,
        metadata: { channel: 'chat' },
        result: 'requires_approval',
        reason: 'small refund',
        findings: [{ rule: 'small-refund', effect: 'allow', reason: 'small refund' }],
      },
      approval: {
        status: 'consumed',
        input: { amount: 500, note: 'für Zoë' },
        votes: [{ by: 'grace', resolution: 'approved', comment: 'fine', stage: 0, channel: 'api' }],
      },
      receipt: {
        status: 'succeeded',
        revision: 2,
        tool: 'refund',
        approvalId: request?.id,
        output: 'json',
        outputDigest: await outputDigest(OUTPUT.value),
      },
      execution: { status: 'executed', durationMs: 20 },
      outcomes: [{ status: 'FRAUD', description: 'charged back', reportedBy: 'bank' }],
      grants: [],
      erasures: [],
      erased: [],
    })
    expect(record?.entries.map(kindOf)).toEqual([
      'decision',
      'approval',
      'approval',
      'approval',
      'receipt',
      'execution',
      'outcome',
    ])
    expect(JSON.stringify(record?.decision)).not.toContain('commits')
    expect(await log.control.record('nobody')).toBeUndefined()
    await log.store.close()
  })

  it('forgets personal fields everywhere, and still verifies', async () => {
    const log = logged({}, create())
    const decision = await callThrough(log)
    await killSwitchOf(log)
    const { length } = await log.entries()
    const request = { decisionId: decision.id, by: 'dpo@example.org', reason: 'request 7' } as const
    await log.control.erase({ ...request, fields: ['user', 'input', 'comment'] })
    expect(await log.control.verify()).toMatchObject({ ok: true, entries: length + 1, erased: 3 })
    const record = await log.control.record(decision.id)
    expect(record?.erased).toEqual(['user', 'input', 'comment'])
    expect(record?.decision).not.toHaveProperty('user')
    expect(record?.approval?.['input']).toBeUndefined()
    expect(record?.erasures).toMatchObject([
      {
        fields: ['user', 'input', 'comment', 'changes'],
        erasedBy: 'dpo@example.org',
        erasureReason: 'request 7',
      },
    ])
    const stored = JSON.stringify([await log.store.getDecision(decision.id), await log.store.listApprovals({}), record])
    for (const gone of ['ada@example.org', 'für Zoë', '"fine"']) expect(stored).not.toContain(gone)
    expect(stored).toContain('grace')
    await log.control.erase({ ...request, fields: ['erasedBy', 'reason', 'value', 'output', 'by', 'description'] })
    expect(await log.control.verify()).toMatchObject({ ok: true, entries: length + 2 })
    const last = await log.control.record(decision.id)
    expect(JSON.stringify(last)).not.toMatch(/grace|small refund|charged back/)
    expect(last?.erasures.map(({ erasedBy }) => erasedBy)).toEqual([undefined, 'dpo@example.org'])
    await log.store.close()
  })

  it.each([
    ['output', undefined],
    ['error', 'ada@example.org has no account'],
  ] as const)('forgets the %s of a call that ran at once, and the effect stays on record', async (field, error) => {
    const log = logged({}, create())
    const { id } = await runAtOnce(log, {}, error)
    const before = await log.control.record(id)
    const kept = { output: before?.receipt?.['outputDigest'], error: before?.execution?.['error'] }[field]
    expect(kept).toBe(error === undefined ? await outputDigest(OUTPUT.value) : `Error: ${error}`)
    await log.control.erase({ decisionId: id, fields: ['user', field], by: 'dpo', reason: 'r' })
    const after = await log.control.record(id)
    expect(after).toMatchObject({ erased: ['user', field], receipt: { status: before?.receipt?.['status'] } })
    expect(JSON.stringify(after)).not.toMatch(/ada@example/)
    expect(JSON.stringify(after)).not.toContain(kept)
    expect(await log.control.verify()).toMatchObject({ ok: true, erased: 2 })
    await log.store.close()
  })

  it('forgets what is stored of a dry run, which is not in the log', async () => {
    const log = logged({}, create())
    const decision = decisionOf({ user: 'ada@example.org', tenant: 'acme', dryRun: true })
    await log.commit({ decision })
    expect(await log.entries()).toEqual([])
    expect(await log.control.record(decision.id)).toBeUndefined()
    const request = { decisionId: decision.id, fields: ['user'], by: 'dpo', reason: 'r' } as const
    expect(await codeOf(auditControl(log.log, 'globex').erase(request))).toBe('not-found')
    await auditControl(log.log, 'acme').erase(request)
    expect(JSON.stringify(await log.store.getDecision(decision.id))).not.toContain('ada@example.org')
    expect((await log.entries()).map(entry => [kindOf(entry), entry.tenant])).toEqual([['erasure', 'acme']])
    expect(await log.control.record(decision.id)).toMatchObject({ erasures: [{ fields: ['user'] }] })
    await log.store.close()
  })
})

describe('the audit log of a governor', () => {
  const call = { id: 'call-1', name: 'refund', input: { amount: 40 } }

  it('holds two entries of a call that runs at once, and none of a dry run', async () => {
    const governor = createGovernor({ store: memoryStore(), unlisted: 'allow' })
    const asked = await governor.decide(call)
    expect(await governor.audit.record(asked.id)).toBeUndefined()
    const ran = await governor.run(call, () => 'refunded')
    const record = await governor.audit.record(ran.decision.id)
    expect(record?.entries.map(entry => [entry.seq, kindOf(entry)])).toEqual([
      [1, 'decision'],
      [2, 'execution'],
    ])
    expect(record).toMatchObject({
      execution: { status: 'executed' },
      receipt: { status: 'succeeded', tool: 'refund', outputDigest: await outputDigest('refunded') },
    })
    const failing = { ...call, id: 'call-2' }
    const failed = await governor.run(failing, () => {
      throw new Error('no account')
    })
    expect(await governor.audit.record(failed.decision.id)).toMatchObject({
      execution: { status: 'tool_error', error: 'Error: no account' },
      receipt: { status: 'failed' },
    })
    await governor.close()
  })
})

describe('what may be erased', () => {
  it('is a personal field, by its name', async () => {
    const log = logged()
    const decision = await callThrough(log)
    const before = await log.entries()
    const request = { decisionId: decision.id, fields: ['user'], by: 'dpo', reason: 'r' }
    const refusal = async (fields: object): Promise<string> => {
      const error: unknown = await log.control
        .erase({ ...request, ...fields } as never)
        .catch((reason: unknown) => reason)
      return isGovernanceError(error, 'invalid-call') ? error.message : String(error)
    }
    expect(await refusal({ fields: ['usr'] })).toMatch(
      /^audit\.erase: "usr" is no personal field; .* Did you mean "user"\?$/,
    )
    expect(await refusal({ fields: ['digest'] })).toContain('"digest" is no personal field')
    expect(await refusal({ fields: [7] })).toContain('7 is no personal field')
    expect(await refusal({ fields: [] })).toBe('audit.erase: `fields` is missing; expected a list of names')
    expect(await refusal({ fields: 'user' })).toContain('`fields` is missing')
    expect(await refusal({ by: '' })).toBe('audit.erase: `by` is missing; expected a non-empty string')
    expect(await refusal({ reason: undefined })).toContain('`reason` is missing')
    expect(await log.entries()).toEqual(before)
  })

  it('is what is on record', async () => {
    const erasure = logged().control.erase({ decisionId: 'nobody', fields: ['user'], by: 'dpo', reason: 'r' })
    expect(await codeOf(erasure)).toBe('not-found')
  })
})

describe('the log in the scope of a tenant', () => {
  it('is that of its own calls', async () => {
    const log = logged()
    const own = await callThrough(log, { tenant: 'acme' })
    const other = await callThrough(log, { tenant: 'globex' })
    const none = await callThrough(log)
    const control = auditControl(log.log, 'acme')
    const { length } = await log.entries()
    const erasure = { fields: ['user'], by: 'dpo', reason: 'r' } as const
    expect(await control.record(own.id)).toMatchObject({ decisionId: own.id })
    for (const { id } of [other, none]) {
      expect(await control.record(id)).toBeUndefined()
      expect(await codeOf(control.erase({ decisionId: id, ...erasure }))).toBe('not-found')
    }
    await control.erase({ decisionId: own.id, ...erasure })
    expect((await log.entries()).at(-1)).toMatchObject({ decisionId: own.id, tenant: 'acme' })
    expect(await control.verify()).toMatchObject({ ok: true, entries: length + 1 })
    expect(await codeOf((async () => control.export())())).toBe('not-permitted')
  })
})

describe('the record of a call', () => {
  it('joins the effect of a call that ran at once from the decision it began with and the execution it ended with', async () => {
    const log = logged()
    const { id, callId, tool, digest, actor } = await runAtOnce(log, { tenant: 'acme' })
    const record = await log.control.record(id)
    expect(record?.entries.map(kindOf)).toEqual(['decision', 'execution'])
    expect(record?.receipt).toEqual({
      kind: 'receipt',
      at: log.clock.now(),
      decisionId: id,
      tenant: 'acme',
      callId,
      tool,
      digest,
      actor,
      key: expect.any(String) as unknown,
      revision: 2,
      fence: 1,
      status: 'succeeded',
      startedAt: log.clock.now() - 20,
      endedAt: log.clock.now(),
      output: 'json',
      outputDigest: await outputDigest(OUTPUT.value),
    })
    expect(record?.execution).toEqual({
      kind: 'execution',
      at: log.clock.now(),
      decisionId: id,
      tenant: 'acme',
      status: 'executed',
      durationMs: 20,
    })
    expect(record?.decision).not.toHaveProperty('receipt')
  })

  it('is the same of an effect whether its steps were told of on their own or with others', async () => {
    const records = []
    for (const isMerged of [true, false]) {
      const log = logged()
      const decision = decisionOf({ id: 'd', sessionId: 's', tenant: 'acme' })
      const receipt = startOf({ key: 'k', decisionId: 'd', sessionId: 's', tenant: 'acme' })
      const ended = succeed(receipt, OUTPUT, AT + 5)
      const execution = { decisionId: 'd', status: 'executed', at: log.clock.now(), durationMs: 4 } as const
      const steps = isMerged
        ? [
            { decision, receipt },
            { receipt: ended, execution },
          ]
        : [{ decision }, { receipt }, { receipt: ended }, { execution }]
      for (const step of steps) await log.commit(step)
      const { decision: decided, receipt: effect, execution: ending } = (await log.control.record('d')) ?? {}
      // The log knows of the tenant only in the commits that do.
      records.push({ decided, effect, ending: { ...ending, tenant: 'acme' } })
    }
    expect(records[0]).toEqual(records[1])
  })

  it('shows an effect as it is, with nothing of a state before', async () => {
    const log = logged()
    const { id } = await runAtOnce(log, {}, 'busy')
    const failed = await log.control.record(id)
    expect(failed?.receipt).toMatchObject({ status: 'failed', endedAt: log.clock.now() })
    const { key, decisionId } = startOf({ key: String(failed?.receipt?.['key']), decisionId: id })
    const again = startOf({ key, decisionId, revision: 3, fence: 2, startedAt: log.clock.now() })
    await log.commit({ receipt: again })
    const running = await log.control.record(id)
    expect(running?.receipt).toMatchObject({ status: 'started', revision: 3, fence: 2 })
    expect(running?.receipt).not.toHaveProperty('endedAt')
    const execution = { decisionId: id, status: 'blocked', at: log.clock.now(), durationMs: 0 } as const
    await log.commit({ receipt: release(again), execution })
    const released = await log.control.record(id)
    expect(released?.receipt).toMatchObject({ kind: 'receipt', status: 'claimed', revision: 4, tool: again.tool })
    expect(released?.receipt).not.toHaveProperty('startedAt')
  })

  it('tells what was done from what took it back', async () => {
    const log = logged()
    const { id } = await runAtOnce(log)
    const done = (await log.control.record(id))?.receipt
    const undoing = startOf({ key: 'undo', decisionId: id, undoes: String(done?.['key']), startedAt: log.clock.now() })
    await log.commit({ receipt: undoing })
    await log.commit({ receipt: fail(undoing, { name: 'Error', message: 'too late' }, log.clock.now()) })
    const record = await log.control.record(id)
    expect(record?.receipt).toEqual(done)
    expect(record?.undo).toMatchObject({
      key: 'undo',
      undoes: done?.['key'],
      status: 'failed',
      error: { name: 'Error', message: 'too late' },
    })
  })

  it('shows what a reviewer changed, and who answered which input', async () => {
    const log = logged()
    const decision = await callThrough(log)
    const [opened] = (await log.store.listApprovals({})).toReversed()
    if (opened === undefined) throw new Error('no request')
    const digest = 'e'.repeat(64)
    const edit = { tool: 'refund', input: { amount: 5 }, digest, changes: [{ path: 'amount', from: 500, to: 5 }] }
    const vote = { by: 'linus', at: 1, resolution: 'approved', stage: 0, digest, channel: 'api' } as const
    const { status: _status, ...again } = { ...opened, id: 'second', key: 'second', revision: 1, votes: [] }
    const request = { ...again, status: 'pending' } as typeof opened
    await log.commit({ approval: request })
    await log.commit({ approval: { ...request, revision: 2, votes: [vote], edit } as typeof opened })
    const cancelled = {
      ...request,
      revision: 3,
      votes: [vote],
      status: 'cancelled',
      by: 'countersign',
      comment: 'moot',
    }
    await log.commit({ approval: cancelled as typeof opened })
    expect((await log.control.record(decision.id))?.approval).toMatchObject({
      id: 'second',
      status: 'cancelled',
      by: 'countersign',
      comment: 'moot',
      input: { amount: 500 },
      edit: { tool: 'refund', digest, input: { amount: 5 }, changes: edit.changes },
      votes: [{ by: 'linus', digest }],
    })
  })

  it('names the grant that let it through', async () => {
    const log = logged()
    const grant = grantOf()
    await log.commit({ grant })
    const decision = decisionOf({ grantId: grant.id })
    await log.commit({ decision, grant: { ...grant, revision: 2, uses: 1 } })
    expect(await log.control.record(decision.id)).toMatchObject({
      decision: { grantId: grant.id },
      grants: [{ id: grant.id, step: 'used', uses: 1 }],
    })
  })

  it('may be incomplete, and is then what is there', async () => {
    const log = logged()
    await log.commit({ outcome: outcomeOf('d-1') })
    expect(await log.control.record('d-1')).toMatchObject({ decisionId: 'd-1', outcomes: [{ status: 'SUCCESS' }] })
    expect(joinRecord([])).toBeUndefined()
    expect(joinRecord([{ seq: 1, previous: '', hash: '', body: '{' }])).toBeUndefined()
    expect(joinRecord([{ seq: 1, previous: '', hash: '', body: '{', decisionId: 'd', personal: '[' }])).toMatchObject({
      decisionId: 'd',
      outcomes: [],
    })
  })
})
