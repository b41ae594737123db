import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createGovernor, memoryStore, type Store } from 'countersign'
import { sqliteStore } from 'countersign/stores/sqlite'
import { type Fault, fakeClock, standInService } from 'countersign/testing'
import { afterAll, describe, expect, it } from 'vitest'
import {
  ALLOW,
  BLOCK,
  call,
  type Chosen,
  ending,
  HOLD,
  INGEST,
  OUTCOME,
  OUTCOMES,
  sentTo,
  told,
  type Told,
  turns,
  until,
} from './reports-support.js'

const directory = mkdtempSync(join(tmpdir(), 'countersign-reports-'))
afterAll(() => {
  rmSync(directory, { recursive: true })
})
let files = 0
const freshPath = (): string => join(directory, `${++files}.db`)

const run = (it: Told): ReturnType<Told['governor']['run']> => it.governor.run(call(), () => 'done')
const status503: Fault = { kind: 'status', status: 503 }
const MEMORY_ONLY = { outcomes: false } as const
const OUTCOMES_ONLY = { memory: false } as const

/** Lets time go by in steps, and what is due at each go over the wire, until something has become true. */
async function goOn({ clock }: Pick<Told, 'clock'>, isTrue: () => boolean, stepMs = 250, most = 400): Promise<void> {
  for (let step = 0; step < most && !isTrue(); step++) {
    clock.advance(stepMs)
    await turns(20)
  }
  await until(isTrue)
}

/** How a promise stands. */
function watched(work: Promise<unknown>): () => boolean {
  let isOver = false
  const over = (): void => {
    isOver = true
  }
  work.then(over, over)
  return () => isOver
}

describe('a service that takes no reports', () => {
  const SLOW = {
    'keeps them without an answer': (it: Told, path: string) => it.service.hold(path),
    'answers byte by byte': (it: Told, path: string) => it.service.drip(path, 'body'),
    'sends headers without an end': (it: Told, path: string) => it.service.drip(path, 'headers'),
  }
  it.each(
    Object.entries(SLOW).flatMap(([what, slow]) =>
      (
        [
          [INGEST, 300, MEMORY_ONLY],
          [INGEST, 40, { ...MEMORY_ONLY, memory: { timeoutMs: 40 } }],
          [OUTCOME, 2000, OUTCOMES_ONLY],
        ] as const
      ).map(([path, ms, remote]) => [what, slow, path, ms, remote] as const),
    ),
  )('and %s is given up at its time, and no call waits for it', async (_, slow, path, ms, remote) => {
    const it = await told({ remote })
    const met = slow(it, path)
    await run(it)
    const flushed = watched(it.governor.reports.flush())
    await met.arrived
    expect((await run(it)).status).toBe('executed')
    it.clock.advance(ms - 1)
    await turns()
    expect([flushed(), it.failures()]).toEqual([false, []])
    it.clock.advance(1)
    await until(flushed)
    expect(it.failures()).toEqual([`${path === INGEST ? 'memory' : 'outcome'} 1 later`])
    expect(it.events.find(({ type }) => type === 'report-failed')).toMatchObject({ error: { code: 'service-timeout' } })
    // What came meanwhile is told over another connection; the one that hung is gone.
    await goOn(it, () => sentTo(it, path).length === 2)
    await until(() => it.service.openConnections === 2)
  })

  it('does not open the breaker in front of decisions', async () => {
    const it = await told({ remote: { memory: { flushMs: 1 } } })
    for (const path of [INGEST, OUTCOME, OUTCOMES]) it.service.fault(path, status503, 1000)
    for (let count = 0; count < 30; count++) {
      expect((await run(it)).status).toBe('executed')
      await it.governor.reports.flush()
    }
    expect(it.service.decisions).toHaveLength(30)
    expect(it.events.filter(({ type }) => type === 'circuit-changed' || type === 'evaluation-failed')).toEqual([])
    expect(it.failures().length).toBeGreaterThan(20)
  })

  it('does not delay or break a call while all of its endpoints for reports hang', async () => {
    const it = await told({ remote: { memory: { flushMs: 1, batchSize: 1 } } })
    for (let count = 0; count < 12; count++) for (const path of [INGEST, OUTCOME, OUTCOMES]) it.service.hold(path)
    const now = it.clock.now()
    for (let count = 0; count < 40; count++) expect((await run(it)).status).toBe('executed')
    expect(it.clock.now()).toBe(now)
    for (let count = 0; count < 20; count++) {
      it.clock.advance(300)
      expect((await run(it)).status).toBe('executed')
    }
    expect(it.service.decisions).toHaveLength(60)
    expect(it.events.filter(({ type }) => type === 'circuit-changed')).toEqual([])
  })

  it('is told later of what came while it was slow', async () => {
    const it = await told({ remote: MEMORY_ONLY })
    const held = it.service.hold(INGEST)
    await run(it)
    it.clock.advance(250)
    await held.arrived
    await run(it)
    it.clock.advance(250)
    await turns()
    held.release()
    await until(() => it.service.memory.length > 0)
    await turns()
    await run(it)
    await goOn(it, () => it.service.memory.length === 3, 250, 4)
  })

  it('is counted and told, with an error that stays in the process', async () => {
    const it = await told({ remote: MEMORY_ONLY })
    it.service.fault(INGEST, { kind: 'status', status: 500, body: { detail: 'secret of the service' } })
    await Promise.all([run(it), run(it), run(it)])
    await it.governor.reports.flush()
    expect(await it.governor.reports.status()).toEqual({ waiting: 3, delivered: 0, failed: 1, dropped: 0 })
    const event = it.events.find(({ type }) => type === 'report-failed')
    expect(event).toMatchObject({ type: 'report-failed', kind: 'memory', count: 3, dropped: false, traceId: '' })
    expect(JSON.stringify(event)).not.toContain('error')
    await goOn(it, () => it.service.memory.length === 3)
    await until(() => it.events.length > 0)
    expect(await it.governor.reports.status()).toEqual({ waiting: 0, delivered: 3, failed: 1, dropped: 0 })
  })

  it('is asked again after a second, after two more, after four, and so on, up to a minute', async () => {
    const clock = fakeClock()
    const it = await told({ clock, standIn: { clock }, remote: { ...MEMORY_ONLY, circuitBreaker: false } })
    it.service.fault(INGEST, status503, 9)
    await run(it)
    await goOn(it, () => it.service.memory.length === 1, 250, 1200)
    const at = it.service.requests.filter(({ path }) => path === INGEST).map(({ receivedAt }) => receivedAt)
    expect(at.map((ms, index) => (ms - (at[index - 1] ?? ms)) / 1000)).toEqual([0, 1, 2, 4, 8, 16, 32, 60, 60, 60])
    expect(await it.governor.reports.status()).toMatchObject({ failed: 9, delivered: 1, dropped: 0 })
  })

  it('is not asked before the time that it has named', async () => {
    const clock = fakeClock()
    const it = await told({ clock, standIn: { clock }, remote: MEMORY_ONLY })
    it.service.fault(INGEST, { kind: 'status', status: 429, headers: { 'retry-after': '45' } })
    await run(it)
    await goOn(it, () => it.service.memory.length === 1)
    const [first = 0, second = 0] = it.service.requests
      .filter(({ path }) => path === INGEST)
      .map(({ receivedAt }) => receivedAt)
    expect(second - first).toBeGreaterThanOrEqual(45_000)
    expect(second - first).toBeLessThan(46_000)
  })

  it.each([401, 403, 408, 409, 425, 429, 500, 502])('is asked again after %i, and nothing is dropped', async status => {
    const it = await told()
    for (const path of [INGEST, OUTCOMES]) it.service.fault(path, { kind: 'status', status })
    await Promise.all([run(it), run(it)])
    await it.governor.reports.flush()
    expect(it.failures()).toEqual(['outcome 2 later', 'memory 2 later'])
    await goOn(it, () => it.service.memory.length === 2 && it.service.outcomes.length === 2)
    expect(await it.governor.reports.status()).toMatchObject({ dropped: 0 })
  })
})

describe('a report whose answer was lost', () => {
  it('arrives twice as the same request, and the service keeps one', async () => {
    const it = await told()
    it.service.fault(INGEST, { kind: 'reset', at: 'answer' })
    it.service.fault(OUTCOMES, { kind: 'reset', at: 'answer' })
    await Promise.all([run(it), run(it)])
    await it.governor.reports.flush()
    expect([it.service.memory.length, it.service.outcomes.length]).toEqual([2, 2])
    expect(await it.governor.reports.status()).toMatchObject({ waiting: 4, delivered: 0 })
    // More has come when it is to be told again: what was told before is told again by itself.
    it.clock.advance(999)
    await Promise.all([run(it), run(it)])
    it.clock.advance(1)
    await goOn(it, () => it.service.memory.length === 4 && it.service.outcomes.length === 4)
    await goOn(it, () => sentTo(it, INGEST).length === 3 && sentTo(it, OUTCOMES).length === 3)
    for (const path of [INGEST, OUTCOMES]) {
      const same = Map.groupBy(
        it.service.requests.filter(request => request.path === path),
        ({ idempotencyKey }) => idempotencyKey,
      )
      expect([...same.values()].map(({ length }) => length).toSorted((a, b) => a - b)).toEqual([1, 2])
      for (const [first, second = first] of same.values()) expect(second?.text).toBe(first?.text)
    }
    await it.governor.reports.flush()
    expect(new Set(it.service.memory.map(({ event_id: id }) => id)).size).toBe(4)
    expect(new Set(it.service.outcomes.map(({ request_id: id }) => id)).size).toBe(4)
    expect(await it.governor.reports.status()).toMatchObject({ waiting: 0, delivered: 8 })
  })

  it.each<Fault['kind']>(['garbage', 'truncated', 'html', 'drip'])('is told again after %s', async kind => {
    const it = await told({ remote: MEMORY_ONLY })
    const fault = { kind, length: 'wrong', until: Promise.resolve() } as Fault
    if (kind !== 'drip') it.service.fault(INGEST, fault)
    else it.service.drip(INGEST)
    await run(it)
    await goOn(it, () => sentTo(it, INGEST).length === 2)
    await goOn(it, () => it.service.memory.length === 1)
    expect(new Set(it.service.requests.slice(1).map(({ idempotencyKey }) => idempotencyKey)).size).toBe(1)
  })
})

describe('a report that is refused', () => {
  const statuses = (it: Told): readonly unknown[] => it.service.outcomes.map(({ status }) => status)

  it('is dropped and counted, and does not keep the others of its batch back', async () => {
    const it = await told({ remote: OUTCOMES_ONLY })
    const decided: string[] = []
    for (let count = 0; count < 3; count++) decided.push((await run(it)).decision.id)
    await it.governor.reports.flush()
    const words = ['CHURN', 'NOT-A-WORD-OF-THE-SERVICE', 'FRAUD']
    await it.governor.reportOutcome(decided.map((decisionId, index) => ({ decisionId, status: words[index] ?? '' })))
    await it.governor.reports.flush()
    expect(statuses(it).slice(-2)).toEqual(['CHURN', 'FRAUD'])
    expect(it.failures()).toEqual(['outcome 1 dropped'])
    expect(it.events.find(({ type }) => type === 'report-failed')).toMatchObject({
      error: { code: 'service-validation', status: 422 },
    })
    expect(await it.governor.reports.status()).toEqual({ waiting: 0, delivered: 5, failed: 0, dropped: 1 })
  })

  it.each([400, 404, 413, 422])('with all of its batch, by %i, is found by telling them one by one', async status => {
    const it = await told({ remote: MEMORY_ONLY })
    it.service.fault(INGEST, { kind: 'status', status }, 2)
    await Promise.all([run(it), run(it), run(it)])
    await it.governor.reports.flush()
    expect(sentTo(it, INGEST).map(({ events }) => (events as readonly unknown[]).length)).toEqual([3, 1, 1, 1])
    expect(it.service.memory).toHaveLength(2)
    expect(await it.governor.reports.status()).toEqual({ waiting: 0, delivered: 2, failed: 0, dropped: 1 })
  })

  it('is told of no more than a hundred outcomes at once, whatever the size of a batch', async () => {
    const it = await told({ remote: { memory: { batchSize: 500 } } })
    await Promise.all(Array.from({ length: 130 }, () => run(it)))
    await it.governor.reports.flush()
    expect(it.service.outcomes).toHaveLength(130)
    expect(sentTo(it, OUTCOMES).map(({ outcomes }) => (outcomes as readonly unknown[]).length)).toEqual([100, 30])
    expect(it.failures()).toEqual([])
  })

  it('is dropped after a week in which it could not be told', async () => {
    const it = await told({ remote: { ...MEMORY_ONLY, circuitBreaker: false } })
    it.service.fault(INGEST, status503, 10_000)
    await run(it)
    await it.governor.reports.flush()
    it.clock.advance(7 * 24 * 3_600_000)
    await until(() => it.failures().length === 2)
    expect(it.failures()).toEqual(['memory 1 later', 'memory 1 later'])
    it.clock.advance(60_000)
    await until(() => it.failures().length === 3)
    expect(it.failures().at(-1)).toBe('memory 1 dropped')
    expect(await it.governor.reports.status()).toMatchObject({ waiting: 0, dropped: 1 })
  })
})

describe('a governor that closes', () => {
  it('tells what is left, and lets its connections go', async () => {
    const it = await told()
    await Promise.all([run(it), run(it), run(it)])
    await it.governor.close()
    expect([it.service.memory.length, it.service.outcomes.length]).toEqual([3, 3])
    await until(() => it.service.openConnections === 0)
  })

  it.each([undefined, 700])('does so for closeMs (%s) and not a millisecond longer', async closeMs => {
    const it = await told({ remote: { memory: { timeoutMs: 60_000 }, ...(closeMs === undefined ? {} : { closeMs }) } })
    const held = it.service.hold(INGEST)
    await run(it)
    const isClosed = watched(it.governor.close())
    await held.arrived
    it.clock.advance((closeMs ?? 2000) - 1)
    await turns()
    expect(isClosed()).toBe(false)
    it.clock.advance(1)
    await until(isClosed)
    expect(it.service.outcomes).toHaveLength(1)
    expect(it.failures()).toEqual(['memory 1 later'])
  })

  it.each(['claimOutbox', 'settleOutbox'] as const)('does not wait for a store whose %s hangs', async operation => {
    const inner = memoryStore()
    const it = await told({ store: { ...inner, [operation]: () => new Promise<never>(() => undefined) } })
    await run(it)
    const isClosed = watched(it.governor.close())
    await turns()
    it.clock.advance(1999)
    await turns()
    expect(isClosed()).toBe(false)
    it.clock.advance(1)
    await until(isClosed)
  })

  it('leaves in a durable store what could not be told, and the next one on it tells it', async () => {
    const path = freshPath()
    const first = await told({ store: sqliteStore(path) })
    first.service.hold(INGEST)
    first.service.fault(OUTCOMES, status503)
    await Promise.all([run(first), run(first)])
    const isClosed = watched(first.governor.close())
    await goOn(first, isClosed)
    expect([first.service.outcomes.length, first.failures().length]).toEqual([0, 2])
    const { clock, service } = first
    const next = await told({ clock, service, store: sqliteStore(path) })
    expect(await next.governor.reports.status()).toEqual({ waiting: 4, delivered: 0, failed: 0, dropped: 0 })
    const since = clock.now()
    await goOn(next, () => service.outcomes.length === 2 && sentTo(next, INGEST).length === 2)
    // What was broken off was handed back: nobody waits for a lease to end.
    expect(clock.now() - since).toBeLessThanOrEqual(31_000)
    await next.governor.reports.flush()
    expect(service.memory).toHaveLength(2)
    expect(await next.governor.reports.status()).toMatchObject({ waiting: 0, delivered: 4 })
  })
})

describe('governors on one store', () => {
  const pairs: readonly [string, () => () => Store][] = [
    [
      'memory',
      () => {
        const store = memoryStore()
        return () => store
      },
    ],
    [
      'sqlite',
      () => {
        const path = freshPath()
        return () => sqliteStore(path)
      },
    ],
  ]

  it.each(pairs)('share the work, and nothing is told twice (%s)', async (_, stores) => {
    const store = stores()
    const remote = { memory: { batchSize: 4 } }
    const one = await told({ store: store(), remote })
    const { clock, service } = one
    const two = await told({ clock, service, store: store(), remote })
    await Promise.all(Array.from({ length: 40 }, (_, index) => run(index % 2 === 0 ? one : two)))
    await Promise.all([one.governor.reports.flush(), two.governor.reports.flush()])
    await goOn(one, () => service.memory.length === 40 && service.outcomes.length === 40)
    const counts = [await one.governor.reports.status(), await two.governor.reports.status()]
    expect(counts.map(({ waiting }) => waiting)).toEqual([0, 0])
    expect(counts.reduce((sum, { delivered }) => sum + delivered, 0)).toBe(80)
    const sent = sentTo(one, INGEST).flatMap(({ events }) => events as readonly unknown[])
    expect(sent).toHaveLength(40)
  })

  it('that use other credentials do not get each other’s reports', async () => {
    const store = memoryStore()
    const clock = fakeClock()
    const service = ending(await standInService({ apiKeys: ['one', 'two'] }), made => made.close())
    const one = await told({ store, clock, service, remote: { apiKey: 'one' } })
    const two = await told({ store, clock, service, remote: { apiKey: 'two' } })
    await run(one)
    await run(two)
    await two.governor.reports.flush()
    expect(await one.governor.reports.status()).toMatchObject({ waiting: 2, delivered: 0 })
    expect(await two.governor.reports.status()).toMatchObject({ waiting: 0, delivered: 2 })
    await one.governor.reports.flush()
    const keys = service.requests
      .filter(({ path }) => path === INGEST)
      .map(({ headers, json }) => {
        const [event] = (json as { readonly events: readonly { readonly request_id: string }[] }).events
        const asked = service.decisions.findIndex(({ requestId }) => requestId === event?.request_id)
        return [headers['x-api-key'], asked]
      })
    expect(keys).toEqual([
      ['two', 1],
      ['one', 0],
    ])
  })

  it('that ask another service behind the same host do not get each other’s reports either', async () => {
    const store = memoryStore()
    const one = await told({ store })
    await run(one)
    const { clock, service } = one
    const two = await told({ store, clock, service, remote: { baseUrl: `${service.url}/other/` } })
    await two.governor.reports.flush()
    expect(await two.governor.reports.status()).toMatchObject({ waiting: 0, delivered: 0 })
    const same = await told({ store, clock, service, remote: { baseUrl: `${service.url}/` } })
    await same.governor.reports.flush()
    expect(await same.governor.reports.status()).toMatchObject({ waiting: 0, delivered: 2 })
  })

  it('tell what others have left of a kind that they do not tell themselves', async () => {
    const store = memoryStore()
    const one = await told({ store })
    one.service.fault(INGEST, status503)
    await run(one)
    await one.governor.reports.flush()
    const { clock, service } = one
    const two = await told({ store, clock, service, remote: { memory: false, outcomes: false } })
    clock.advance(1000)
    await two.governor.reports.flush()
    await until(() => service.memory.length === 1)
    expect(await two.governor.reports.status()).toMatchObject({ waiting: 0 })
  })
})

describe('where the store fails', () => {
  /** A store whose writes fail as long as a test says so. */
  function breaking(): { readonly store: Store; readonly fail: (fails: (commit: object) => boolean) => void } {
    const inner = memoryStore()
    let isFailing: (commit: object) => boolean = () => false
    const store: Store = {
      ...inner,
      commit: commit => {
        if (isFailing(commit)) throw new Error('disk full')
        return inner.commit(commit)
      },
    }
    return {
      store,
      fail: fails => {
        isFailing = fails
      },
    }
  }

  it('what has happened waits in the process, is told all the same, and events say so', async () => {
    const { store, fail } = breaking()
    const it = await told({ store, failMode: 'open' })
    fail(commit => 'execution' in commit)
    it.service.answer(ALLOW, BLOCK)
    expect((await run(it)).status).toBe('executed')
    expect((await run(it)).status).toBe('blocked')
    expect(it.events.flatMap(event => (event.type === 'store-failed' ? [event.operation] : []))).toEqual([
      'recordExecution',
      'recordDecision',
    ])
    expect(await it.governor.reports.status()).toMatchObject({ waiting: 4 })
    await goOn(it, () => it.service.memory.length === 2 && it.service.outcomes.length === 2)
    expect(it.service.outcomes.map(({ status }) => status)).toEqual(['SUCCESS', 'BLOCKED'])
    expect(it.service.memory.map(({ status, seq }) => [seq, status])).toEqual([
      [0, 'executed'],
      [1, 'blocked'],
    ])
    await it.governor.reports.flush()
    expect(await it.governor.reports.status()).toEqual({ waiting: 0, delivered: 4, failed: 0, dropped: 0 })
  })

  it('a call that was to be held is told as what it came to', async () => {
    const { store, fail } = breaking()
    const it = await told({ store })
    fail(commit => 'approval' in commit)
    it.service.answer(HOLD)
    expect((await run(it)).status).toBe('blocked')
    await it.governor.reports.flush()
    expect(it.service.memory.map(({ status }) => status)).toEqual(['blocked'])
    expect(it.service.outcomes.map(({ status }) => status)).toEqual(['BLOCKED'])
  })

  it('an answer that was not stored is not told', async () => {
    const { store, fail } = breaking()
    const it = await told({ store })
    it.service.answer(HOLD)
    const proposed = call()
    const held = await it.governor.run(proposed, () => 'done')
    const id = held.status === 'approval_required' ? held.approvalId : ''
    fail(commit => 'approval' in commit)
    const { approvals } = it.governor
    await expect(approvals.resolve(id, { resolution: 'rejected', by: 'grace' })).rejects.toThrow()
    await it.governor.reports.flush()
    expect(it.service.outcomes).toEqual([])
    fail(() => false)
    await approvals.resolve(id, { resolution: 'approved', by: 'grace' })
    expect((await it.governor.run(proposed, () => 'done')).status).toBe('executed')
    await it.governor.reports.flush()
    expect(it.service.outcomes.map(({ status }) => status)).toEqual(['SUCCESS'])
    expect(it.service.memory.map(({ status, seq }) => [seq, status])).toEqual([
      [0, 'approval_required'],
      [1, 'executed'],
    ])
  })

  it('no more than a thousand wait; the oldest are let go, counted and told', async () => {
    const { store, fail } = breaking()
    const remote = { memory: { batchSize: 500, flushMs: 3_600_000 } }
    const it = await told({ store, remote })
    fail(commit => 'execution' in commit)
    it.service.fault(INGEST, status503, 1000)
    it.service.fault(OUTCOMES, status503, 1000)
    for (let count = 0; count < 60; count++) await Promise.all(Array.from({ length: 10 }, () => run(it)))
    expect(await it.governor.reports.status()).toMatchObject({ waiting: 1000, dropped: 200 })
    expect(it.failures().filter(failure => failure === 'overflow 2 dropped')).toHaveLength(100)
  })

  it('when what waits cannot be read, that is told, and looked for again later', async () => {
    const inner = memoryStore()
    let isFailing = true
    const claimOutbox: Store['claimOutbox'] = claim => {
      if (isFailing) throw new Error('disk gone')
      return inner.claimOutbox(claim)
    }
    const it = await told({ store: { ...inner, claimOutbox } })
    await run(it)
    await it.governor.reports.flush()
    expect(it.failures()).toEqual(['outbox 0 later'])
    isFailing = false
    await goOn(it, () => it.service.memory.length === 1)
  })

  it('when it does not say what waits, it is asked again later', async () => {
    const inner = memoryStore()
    let isHanging = true
    const claimOutbox: Store['claimOutbox'] = claim =>
      isHanging ? new Promise<never>(() => undefined) : inner.claimOutbox(claim)
    const it = await told({ store: { ...inner, claimOutbox } })
    await run(it)
    const flushed = watched(it.governor.reports.flush())
    await turns()
    isHanging = false
    it.clock.advance(29_999)
    await turns()
    expect(flushed()).toBe(false)
    await goOn(it, () => it.service.memory.length === 1)
    expect(it.failures()).toEqual(['outbox 0 later'])
  })

  it('when what was told cannot be settled, it is told once more, as the same', async () => {
    const inner = memoryStore()
    let isFailing = true
    const settleOutbox: Store['settleOutbox'] = settlement => {
      if (isFailing) throw new Error('disk gone')
      return inner.settleOutbox(settlement)
    }
    const it = await told({ store: { ...inner, settleOutbox } })
    await run(it)
    await it.governor.reports.flush()
    isFailing = false
    await goOn(it, () => sentTo(it, INGEST).length === 2 && sentTo(it, OUTCOME).length === 2)
    await it.governor.reports.flush()
    expect([it.service.memory.length, it.service.outcomes.length]).toEqual([1, 1])
    expect(await it.governor.reports.status()).toMatchObject({ waiting: 0 })
  })
})

describe('a channel of your own that fails to write a report', () => {
  it('breaks no call: what could not be written is counted, and told', async () => {
    const broken = (): never => {
      throw new Error('no words')
    }
    const tellings: string[] = []
    const governor = createGovernor({
      store: memoryStore(),
      decisions: {
        evaluate: () => ({ recommendation: 'proceed', enforcementMode: 'advisory' }),
        reports: {
          destination: () => 'mine',
          ofEnding: broken,
          ofOutcome: broken,
          deliver: async () => [],
          batchSize: 1,
          flushMs: 1,
          closeMs: 1,
        },
      },
    })
    governor.on(event => {
      if (event.type === 'report-failed') tellings.push(`${event.kind} ${event.dropped}`)
    })
    const { status, decision } = await governor.run(call(), () => 'done')
    await governor.reportOutcome({ decisionId: decision.id, status: 'SUCCESS' })
    expect(status).toBe('executed')
    const record = await governor.decisions.get(decision.id)
    expect([record?.execution?.status, record?.outcomes.length]).toEqual(['executed', 1])
    expect(tellings).toEqual(['ending true', 'outcome true'])
    expect(await governor.reports.status()).toMatchObject({ dropped: 2 })
    await governor.close()
  })
})

describe('what was erased', () => {
  const erase = (it: Told, decisionId: string): Promise<void> =>
    it.governor.audit.erase({ decisionId, fields: ['input'], by: 'ada', reason: 'asked for' })

  it.each<[string, () => Chosen]>([
    ['in the store', () => ({ audit: {} })],
    ['in a file', () => ({ audit: {}, store: sqliteStore(freshPath()) })],
    [
      'in the process',
      () => {
        const inner = memoryStore()
        const commit: Store['commit'] = asked => {
          if (asked.execution !== undefined) throw new Error('disk full')
          return inner.commit(asked)
        }
        return { audit: {}, store: { ...inner, commit } }
      },
    ],
  ])('is not told any more where it waits %s', async (_, chosen) => {
    const it = await told(chosen())
    const [kept, gone] = [await run(it), await run(it)]
    expect(await it.governor.reports.status()).toMatchObject({ waiting: 4 })
    await erase(it, gone.decision.id)
    expect(await it.governor.reports.status()).toMatchObject({ waiting: 2 })
    await it.governor.reports.flush()
    const ids = [...it.service.memory, ...it.service.outcomes].map(({ request_id: id }) => id)
    expect(new Set(ids)).toEqual(new Set([kept.decision.service?.requestId]))
  })

  it('while it was being told is not told again', async () => {
    const it = await told({ audit: {}, remote: MEMORY_ONLY })
    const held = it.service.hold(INGEST)
    const { decision } = await run(it)
    const flushed = it.governor.reports.flush()
    await held.arrived
    await erase(it, decision.id)
    it.clock.advance(300)
    await flushed
    expect(it.failures()).toEqual(['memory 1 later'])
    expect(await it.governor.reports.status()).toMatchObject({ waiting: 0 })
    it.clock.advance(120_000)
    await turns()
    expect(sentTo(it, INGEST)).toHaveLength(1)
  })
})
