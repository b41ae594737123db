import { memoryStore, type Store } from 'countersign'
import type { WireRecord } from 'countersign/testing'
import { describe, expect, it } from 'vitest'
import { VERSION } from '../../src/version.js'
import { ALLOW, BLOCK, call, HOLD, INGEST, sentTo, told, type Told, turns, until } from './reports-support.js'

const ID = expect.stringMatching(/^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[\da-f]{4}-[\da-f]{12}$/) as string

/** Events as the service has stored them, once all that waits is delivered. */
async function eventsOf({ governor, service }: Told): Promise<readonly WireRecord[]> {
  await governor.reports.flush()
  return service.memory
}

describe('an event for the memory', () => {
  it('has every field that there is', async () => {
    const it = await told({ actor: 'desk', domain: 'payments', tools: { refund: { metadata: { ticket: 7 } } } })
    it.service.answer({
      ...ALLOW,
      request_id: 'act_1',
      reason: 'went well before',
      decision_packet: { signal: { risk_band: 'low' } },
      decision_intelligence: { trajectory_health: 'healthy' },
      intelligence: { trajectory_health: 'not this one' },
    })
    const session = it.governor.session({ sessionId: 's-1', model: 'm-1' })
    const { decision } = await session.run({ id: 'c-1', name: 'refund', input: { amount: 5 } }, () => 'done')
    await eventsOf(it)
    expect(sentTo(it, INGEST)).toEqual([
      {
        source: 'countersign',
        source_version: `countersign@${VERSION}`,
        redact: true,
        redaction_policy: 'default',
        actor: 'desk',
        domain: 'payments',
        model: 'm-1',
        trace_id: decision.traceId,
        events: [
          {
            event_id: ID,
            trace_id: decision.traceId,
            request_id: 'act_1',
            seq: 0,
            schema_version: 1,
            source_version: `countersign@${VERSION}`,
            tool: 'refund',
            call_id: 'c-1',
            status: 'executed',
            decision: {
              result: 'allowed',
              allowed: true,
              requires_approval: false,
              reason: 'went well before',
              request_id: 'act_1',
            },
            arguments: '[redacted]',
            recommendation: 'proceed',
            risk_score: 0.3,
            enforcement_mode: 'advisory',
            trajectory_health: 'healthy',
            decision_packet: { signal: { risk_band: 'low' } },
            actor: 'desk',
            domain: 'payments',
            model: 'm-1',
            session_id: 's-1',
            timestamp: '2026-01-01T00:00:00.000Z',
          },
        ],
      },
    ])
    expect(it.failures()).toEqual([])
  })

  it('takes the health of the trajectory from where older services say it', async () => {
    const it = await told()
    it.service.answer({ ...ALLOW, intelligence: { trajectory_health: 'degrading' }, decision_packet: null })
    await it.governor.run(call(), () => 'done')
    const [event = {}] = await eventsOf(it)
    expect(event['trajectory_health']).toBe('degrading')
    expect(event).not.toHaveProperty('decision_packet')
  })

  it('is told of every way in which a call can end, and the service takes them all', async () => {
    const it = await told({ policy: { rules: [{ id: 'no-wire', tools: ['wire'], effect: 'deny', reason: 'never' }] } })
    const { governor, service } = it
    service.answer(ALLOW, ALLOW, BLOCK, HOLD)
    await governor.run(call(), () => 'done')
    await governor.run(call(), () => {
      throw new RangeError('too much')
    })
    await governor.run(call(), () => 'done')
    await governor.run(call(), () => 'done')
    await governor.run(call('wire'), () => 'done')
    service.fault('/actions/evaluate', { kind: 'garbage' })
    await governor.run(call(), () => 'done')
    const events = await eventsOf(it)
    expect(events.map(({ status }) => status)).toEqual([
      'executed',
      'tool_error',
      'blocked',
      'approval_required',
      'blocked',
      'blocked',
    ])
    expect(events.map(({ decision }) => (decision as WireRecord)['result'])).toEqual([
      'allowed',
      'allowed',
      'blocked',
      'requires_approval',
      'blocked',
      'blocked',
    ])
    expect(events.map(({ seq }) => seq)).toEqual([0, 1, 2, 3, 4, 5])
    expect(events[1]).toMatchObject({ error: 'RangeError' })
    expect(events[4]).toMatchObject({ decision: { blocked_by: 'no-wire', reason: 'never' } })
    expect(new Set(events.map(({ event_id: id }) => id)).size).toBe(6)
    expect(it.failures()).toEqual([])
    expect(await governor.reports.status()).toMatchObject({ waiting: 0, failed: 0, dropped: 0 })
  })

  it('says who tells and how to redact, as the governor was told', async () => {
    const memory = { source: 'desk', sourceVersion: 'desk@7', redact: false, redactionPolicy: 'strict' }
    const it = await told({ remote: { memory } })
    await it.governor.run(call(), () => 'done')
    await eventsOf(it)
    expect(sentTo(it, INGEST)).toMatchObject([
      {
        source: 'desk',
        source_version: 'desk@7',
        redact: false,
        redaction_policy: 'strict',
        events: [{ source_version: 'desk@7' }],
      },
    ])
  })
})

describe('the position of an event in its run', () => {
  it('is 0, 1, 2 … in each run, without gaps, whatever runs at once', async () => {
    const it = await told({ inputs: 'visible' })
    const [one, two] = [it.governor.session({ sessionId: 'a' }), it.governor.session({ sessionId: 'b' })]
    await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        (index % 2 === 0 ? one : two).run(call('refund', { index }), () => 'done'),
      ),
    )
    const events = await eventsOf(it)
    for (const run of Map.groupBy(events, event => event['session_id']).values())
      expect(run.map(({ seq }) => seq as number).toSorted((a, b) => a - b)).toEqual([...Array(20).keys()])
  })

  it('is not used up by a write that somebody else came in between', async () => {
    const inner = memoryStore()
    let conflicts = 0
    const store: Store = {
      ...inner,
      commit: commit => {
        const isFirst = commit.approval?.status === 'rejected' && conflicts++ === 0
        return isFirst ? { committed: false, conflict: 'approval' } : inner.commit(commit)
      },
    }
    const it = await told({ store })
    it.service.answer(HOLD, ALLOW)
    const execution = await it.governor.run(call(), () => 'done')
    const id = execution.status === 'approval_required' ? execution.approvalId : ''
    await it.governor.approvals.resolve(id, { resolution: 'rejected', by: 'grace' })
    await it.governor.run(call(), () => 'done')
    expect(conflicts).toBe(2)
    expect((await eventsOf(it)).map(({ seq, status }) => [seq, status])).toEqual([
      [0, 'approval_required'],
      [1, 'blocked'],
      [2, 'executed'],
    ])
  })
})

describe('events that are told together', () => {
  const OPTIONS = { outcomes: false, memory: { batchSize: 5, flushMs: 100 } }
  const sizes = (it: Told): readonly number[] =>
    sentTo(it, INGEST).map(({ events }) => (events as readonly unknown[]).length)

  it('wait for others for flushMs, and not longer', async () => {
    const it = await told({ remote: OPTIONS })
    await it.governor.run(call(), () => 'done')
    it.clock.advance(50)
    await it.governor.run(call(), () => 'done')
    it.clock.advance(49)
    await turns()
    expect(sizes(it)).toEqual([])
    it.clock.advance(1)
    await until(() => it.service.memory.length === 2)
    expect(sizes(it)).toEqual([2])
    await it.governor.run(call(), () => 'done')
    it.clock.advance(99)
    await turns()
    expect(sizes(it)).toEqual([2])
    it.clock.advance(1)
    await until(() => it.service.memory.length === 3)
  })

  it('do not wait once there are batchSize of them', async () => {
    const it = await told({ remote: OPTIONS })
    for (let count = 0; count < 4; count++) await it.governor.run(call(), () => 'done')
    it.clock.advance(0)
    await turns()
    expect(sizes(it)).toEqual([])
    await it.governor.run(call(), () => 'done')
    it.clock.advance(0)
    await until(() => it.service.memory.length === 5)
    expect(sizes(it)).toEqual([5])
  })

  it('are no more than batchSize', async () => {
    const it = await told({ remote: OPTIONS })
    await Promise.all(Array.from({ length: 12 }, () => it.governor.run(call(), () => 'done')))
    await eventsOf(it)
    expect(sizes(it)).toEqual([5, 5, 2])
    const keys = it.service.requests.filter(({ path }) => path === INGEST).map(({ idempotencyKey }) => idempotencyKey)
    expect(new Set(keys).size).toBe(3)
    expect(it.service.withoutIdempotencyKey).toEqual([])
  })

  it('say once what all of them have in common, and nothing that only some have', async () => {
    const it = await told({ domain: 'payments' })
    const [a, b] = [it.governor.session({ actor: 'a', model: 'm' }), it.governor.session({ actor: 'b', model: 'm' })]
    await a.run(call(), () => 'done')
    await b.run(call(), () => 'done')
    await eventsOf(it)
    const [sent = {}] = sentTo(it, INGEST)
    expect(sent).toMatchObject({ domain: 'payments', model: 'm', events: [{ actor: 'a' }, { actor: 'b' }] })
    expect(sent).not.toHaveProperty('actor')
    expect(sent).not.toHaveProperty('trace_id')
  })
})

describe('what an event shows of an input', () => {
  const argumentsIn = async (it: Told): Promise<unknown> => (await eventsOf(it)).at(-1)?.['arguments']

  it('is nothing unless the governor was told otherwise', async () => {
    const it = await told()
    await it.governor.run(call('refund', { card: 4242, secret: 'hush' }), () => 'done')
    expect(await argumentsIn(it)).toBe('[redacted]')
    expect(it.service.requests.map(({ text }) => text).join()).not.toMatch(/4242|hush/)
  })

  it('is all of it where inputs are visible, but for what its profile masks', async () => {
    const it = await told({ inputs: 'visible', tools: { refund: { redact: ['card.number'] } } })
    await it.governor.run(call('refund', { amount: 5, card: { number: 4242, kind: 'visa' } }), () => 'done')
    expect(await argumentsIn(it)).toEqual({ amount: 5, card: { number: '[redacted]', kind: 'visa' } })
    await it.governor.run(call('mail', { to: 'ada' }), () => 'done')
    expect(await argumentsIn(it)).toEqual({ to: 'ada' })
  })

  it.each<[string, unknown, unknown]>([
    ['a number beyond those of JSON', { order: 2n ** 70n }, { order: { $bigint: '1180591620717411303424' } }],
    ['a date', { on: new Date(0) }, { on: { $date: '1970-01-01T00:00:00.000Z' } }],
    ['nothing', undefined, {}],
    ['null', null, null],
  ])('is %s as JSON can say it, and the call is recorded as executed', async (_, input, shown) => {
    const it = await told({ inputs: 'visible' })
    const { decision, status } = await it.governor.run(call('refund', input), () => 'done')
    expect(status).toBe('executed')
    expect((await it.governor.decisions.get(decision.id))?.execution?.status).toBe('executed')
    expect(await argumentsIn(it)).toEqual(shown)
    expect(it.events.filter(({ type }) => type === 'store-failed')).toEqual([])
  })

  it('is nothing where its redaction makes something of it that cannot be written', async () => {
    const cyclic: Record<string, unknown> = {}
    cyclic['self'] = cyclic
    const it = await told({ inputs: 'visible', tools: { refund: { redact: () => cyclic } } })
    const { decision } = await it.governor.run(call('refund', { a: 1 }), () => 'done')
    expect((await it.governor.decisions.get(decision.id))?.execution?.status).toBe('executed')
    expect(await argumentsIn(it)).toBe('[redacted]')
  })

  it('is nothing of a call that ended without being brought again', async () => {
    const it = await told({ inputs: 'visible' })
    it.service.answer(HOLD)
    const execution = await it.governor.run(call('refund', { amount: 5 }), () => 'done')
    const id = execution.status === 'approval_required' ? execution.approvalId : ''
    await it.governor.approvals.resolve(id, { resolution: 'rejected', by: 'grace' })
    const events = await eventsOf(it)
    expect(events.map(event => event['arguments'])).toEqual([{ amount: 5 }, '[redacted]'])
  })
})
