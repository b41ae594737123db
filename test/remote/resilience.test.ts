import { connectService, createGovernor, isServiceError, memoryStore, remoteDecisions } from 'countersign'
import type { GovernanceEvent, ServiceConnection, ServiceError } from 'countersign'
import { fakeClock, standInService } from 'countersign/testing'
import { afterEach, describe, expect, it } from 'vitest'
import { inFakeTime, payCall, remoteWorld, type RemoteWorld, type RemoteWorldOptions, settled } from './support.js'

const open: { readonly close: () => unknown }[] = []
const world = async (options?: RemoteWorldOptions): Promise<RemoteWorld> => {
  const made = await remoteWorld(options)
  open.push(made)
  return made
}
afterEach(async () => {
  for (const each of open.splice(0)) await each.close()
})

const circuits = (events: readonly GovernanceEvent[]) =>
  events.flatMap(event => (event.type === 'circuit-changed' ? [event.state] : []))

describe('the circuit breaker', () => {
  const down = { kind: 'status', status: 503 } as const
  const once = { retry: { attempts: 1 } }

  it('opens after five attempts in a row that failed, and nothing is sent any more', async () => {
    const { service, governor, clock, events } = await world({ remote: once })
    service.fault(down, 100)
    for (let call = 0; call < 8; call++)
      await inFakeTime(
        clock,
        governor.run(payCall(), () => 1),
      )
    expect(service.requests.length).toBe(5)
    expect(circuits(events)).toEqual(['open'])
    const last = await inFakeTime(
      clock,
      governor.run(payCall(), () => 1),
    )
    expect(last.decision.reason).toBe('Evaluation failed (fail_closed): the decision service is left alone for a while')
  })

  it('counts attempts, not calls, and ends the attempts at a call when it opens', async () => {
    const { service, governor, clock } = await world({ remote: { retry: { jitter: 0, attempts: 10 } } })
    service.fault(down, 100)
    await inFakeTime(
      clock,
      governor.run(payCall(), () => 1),
    )
    expect(service.requests.length).toBeLessThanOrEqual(5)
  })

  it('is shared by all sessions of a governor', async () => {
    const { service, governor, clock } = await world({ remote: once })
    service.fault(down, 100)
    for (let call = 0; call < 5; call++)
      await inFakeTime(
        clock,
        governor.session({ sessionId: `s${call}` }).run(payCall(), () => 1),
      )
    await inFakeTime(
      clock,
      governor.session({ sessionId: 'new', tenant: 't' }).run(payCall(), () => 1),
    )
    expect(service.requests.length).toBe(5)
  })

  it('lets one request find out once its time is over, and the others do not wait for it', async () => {
    const { service, governor, clock, events } = await world({ remote: { ...once, batch: false } })
    service.fault(down, 5)
    for (let call = 0; call < 5; call++)
      await inFakeTime(
        clock,
        governor.run(payCall(), () => 1),
      )
    clock.advance(30_000)
    const probe = service.hold()
    const first = governor.run(payCall(), () => 1)
    await settled()
    const others = await Promise.all([1, 2, 3].map(() => governor.run(payCall(), () => 1)))
    expect(others.map(({ status }) => status)).toEqual(['blocked', 'blocked', 'blocked'])
    expect(service.requests.length).toBe(6)
    probe.release()
    expect((await first).status).toBe('executed')
    expect(
      (
        await inFakeTime(
          clock,
          governor.run(payCall(), () => 1),
        )
      ).status,
    ).toBe('executed')
    expect(circuits(events)).toEqual(['open', 'half-open', 'closed'])
  })

  it('opens again where that request fails, for as long again', async () => {
    const { service, governor, clock, events } = await world({ remote: once })
    service.fault(down, 6)
    for (let call = 0; call < 5; call++)
      await inFakeTime(
        clock,
        governor.run(payCall(), () => 1),
      )
    clock.advance(30_000)
    await inFakeTime(
      clock,
      governor.run(payCall(), () => 1),
    )
    clock.advance(29_000)
    await inFakeTime(
      clock,
      governor.run(payCall(), () => 1),
    )
    expect(service.requests.length).toBe(6)
    clock.advance(1000)
    expect(
      (
        await inFakeTime(
          clock,
          governor.run(payCall(), () => 1),
        )
      ).status,
    ).toBe('executed')
    expect(circuits(events)).toEqual(['open', 'half-open', 'open', 'half-open', 'closed'])
  })

  it.each([400, 401, 404, 422, 429])('does not open for %i: that speaks of the request', async status => {
    const { service, governor, clock, events } = await world({ remote: once })
    service.fault({ kind: 'status', status }, 100)
    for (let call = 0; call < 10; call++)
      await inFakeTime(
        clock,
        governor.run(payCall(), () => 1),
      )
    expect(service.requests.length).toBe(10)
    expect(circuits(events)).toEqual([])
  })

  it('opens for answers that come too late', async () => {
    const { service, governor, clock, events } = await world({ remote: { ...once, circuitBreaker: { failures: 2 } } })
    for (let call = 0; call < 3; call++) {
      service.hold()
      await inFakeTime(
        clock,
        governor.run(payCall(), () => 1),
      )
    }
    expect(service.requests.length).toBe(2)
    expect(circuits(events)).toEqual(['open'])
  })

  it('of one service says nothing of another', async () => {
    const { service, governor, clock } = await world({ remote: once })
    const other = await world({ remote: once })
    service.fault(down, 100)
    for (let call = 0; call < 6; call++)
      await inFakeTime(
        clock,
        governor.run(payCall(), () => 1),
      )
    expect(
      (
        await inFakeTime(
          other.clock,
          other.governor.run(payCall(), () => 1),
        )
      ).status,
    ).toBe('executed')
  })

  it('is not there where it is switched off', async () => {
    const { service, governor, clock } = await world({ remote: { ...once, circuitBreaker: false } })
    service.fault(down, 100)
    for (let call = 0; call < 12; call++)
      await inFakeTime(
        clock,
        governor.run(payCall(), () => 1),
      )
    expect(service.requests.length).toBe(12)
  })
})

describe('the limit on concurrency', () => {
  it('holds, and whoever waits behind it is bound by the same deadline', async () => {
    const { service, governor, clock } = await world({ remote: { maxConcurrent: 2, batch: false } })
    const holds = [service.hold(), service.hold()]
    const calls = [1, 2, 3, 4].map(() => governor.run(payCall(), () => 1))
    await settled()
    expect(service.requests.length).toBe(2)
    holds[0]?.release()
    await settled()
    expect(service.requests.length).toBe(4)
    const executions = await inFakeTime(clock, Promise.all(calls))
    expect(executions.map(({ status }) => status).toSorted()).toEqual(['blocked', 'executed', 'executed', 'executed'])
  })

  it('never sends what nobody waits for any more', async () => {
    const { service, governor, clock } = await world({ remote: { maxConcurrent: 1, batch: false } })
    service.hold()
    const executions = await inFakeTime(clock, Promise.all([1, 2].map(() => governor.run(payCall(), () => 1))))
    await settled()
    expect(executions.map(({ status }) => status)).toEqual(['blocked', 'blocked'])
    expect(service.requests.length).toBe(1)
  })
})

describe('the deadline', () => {
  it("is the governor's, if that is shorter", async () => {
    const { service, governor, clock } = await world({ governor: { resilience: { deadlineMs: 300 } } })
    service.hold()
    const startedAt = clock.now()
    const { decision } = await inFakeTime(
      clock,
      governor.run(payCall(), () => 1),
    )
    expect(clock.now() - startedAt).toBe(300)
    expect(decision.reason).toBe('Evaluation failed (fail_closed): no answer within 300 ms')
  })

  it("is the client's, where the governor states none", async () => {
    const { service, governor, clock } = await world({ remote: { deadlineMs: 5000 } })
    service.hold()
    const startedAt = clock.now()
    await inFakeTime(
      clock,
      governor.run(payCall(), () => 1),
    )
    expect(clock.now() - startedAt).toBe(5000)
  })

  it('holds for all attempts together', async () => {
    const { service, governor, clock } = await world({ remote: { deadlineMs: 600 } })
    service.fault({ kind: 'latency', ms: 200 }, 10)
    service.fault({ kind: 'status', status: 503 }, 10)
    const late = payCall()
    const startedAt = clock.now()
    const { status } = await inFakeTime(
      clock,
      governor.run(late, () => 1),
    )
    expect(status).toBe('executed')
    expect(clock.now() - startedAt).toBe(200)
  })

  it('leaves a late answer unused', async () => {
    const { service, governor, clock } = await world()
    const held = service.hold()
    let runs = 0
    const { status } = await inFakeTime(
      clock,
      governor.run(payCall(), () => ++runs),
    )
    held.release()
    await settled()
    expect([status, runs]).toEqual(['blocked', 0])
  })
})

describe('what stands in', () => {
  const rules = [{ id: 'small', tools: ['pay'], when: { 'input.amount': { lte: 100 } }, effect: 'allow' }] as const

  it('is the policy alone, where that is wished, and the decision says so', async () => {
    const { service, governor, clock } = await world({
      governor: { policy: { rules } },
      remote: { fallback: ['local'] },
    })
    await service.down()
    const small = await inFakeTime(
      clock,
      governor.run(payCall({ amount: 5 }), () => 1),
    )
    const big = await inFakeTime(
      clock,
      governor.run(payCall({ amount: 500 }), () => 1),
    )
    expect(small.decision).toMatchObject({
      result: 'allowed',
      fallback: 'local',
      evaluator: 'local',
      reason: 'rule small',
    })
    expect(small.decision).not.toHaveProperty('failMode')
    // What no rule speaks of is asked about, service or not.
    expect(big.decision).toMatchObject({ result: 'requires_approval', fallback: 'local' })
  })

  it("is the service's last answer about the same call, and the decision says so, and how old it is", async () => {
    const { service, governor, clock } = await world({ remote: { fallback: ['last_known'], lastKnownMs: 1000 } })
    service.answer({ enforcement_mode: 'enforced', enforced_verdict: 'allowed', request_id: 'act_1' })
    await inFakeTime(
      clock,
      governor.run(payCall({ amount: 5 }), () => 1),
    )
    const answeredAt = clock.now()
    await service.down()
    const again = await inFakeTime(
      clock,
      governor.run(payCall({ amount: 5 }), () => 1),
    )
    expect(again.decision).toMatchObject({ result: 'allowed', fallback: 'last_known', service: { answeredAt } })
    // It was another decision: its outcome is not this one's.
    expect(again.decision.service).not.toHaveProperty('requestId')
    const other = await inFakeTime(
      clock,
      governor.run(payCall({ amount: 6 }), () => 1),
    )
    expect(other.decision).toMatchObject({ result: 'blocked', failMode: 'closed' })
    clock.advance(1001)
    const late = await inFakeTime(
      clock,
      governor.run(payCall({ amount: 5 }), () => 1),
    )
    expect(late.decision).toMatchObject({ result: 'blocked', failMode: 'closed' })
  })

  it("is nobody else's answer", async () => {
    const { service, governor, clock } = await world({ remote: { fallback: ['last_known'] } })
    await inFakeTime(
      clock,
      governor.session({ tenant: 'a', user: 'ada' }).run(payCall({ amount: 5 }), () => 1),
    )
    await service.down()
    for (const scope of [
      { tenant: 'b', user: 'ada' },
      { tenant: 'a', user: 'bob' },
      { tenant: 'a', user: 'ada', actor: 'other' },
    ]) {
      const { decision } = await inFakeTime(
        clock,
        governor.session(scope).run(payCall({ amount: 5 }), () => 1),
      )
      expect(decision.result).toBe('blocked')
    }
  })

  it('is tried in the order given', async () => {
    const remote = { fallback: ['last_known', 'local'] } as const
    const { service, governor, clock } = await world({ governor: { policy: { rules } }, remote })
    service.answer({ enforcement_mode: 'enforced', enforced_verdict: 'blocked' })
    await inFakeTime(
      clock,
      governor.run(payCall({ amount: 5 }), () => 1),
    )
    await service.down()
    const known = await inFakeTime(
      clock,
      governor.run(payCall({ amount: 5 }), () => 1),
    )
    const unknown = await inFakeTime(
      clock,
      governor.run(payCall({ amount: 6 }), () => 1),
    )
    expect(known.decision).toMatchObject({ result: 'blocked', fallback: 'last_known' })
    expect(unknown.decision).toMatchObject({ result: 'allowed', fallback: 'local' })
  })

  it('comes at the deadline', async () => {
    const { service, governor, clock } = await world({
      governor: { policy: { rules } },
      remote: { fallback: ['local'] },
    })
    service.hold()
    const startedAt = clock.now()
    const { decision } = await inFakeTime(
      clock,
      governor.run(payCall({ amount: 5 }), () => 1),
    )
    expect(decision).toMatchObject({ result: 'allowed', fallback: 'local' })
    expect(clock.now() - startedAt).toBe(2000)
  })

  it.each([
    ['a refused credential', { kind: 'status', status: 401 }],
    ['a refused request', { kind: 'status', status: 422 }],
    ['an answer that is none', { kind: 'garbage' }],
    ['an answer with nonsense in it', { kind: 'json', body: { enforcement_mode: 'lenient' } }],
  ] as const)('does not stand in for %s', async (_title, fault) => {
    const remote = { fallback: ['local'] } as const
    const { service, governor, clock } = await world({ governor: { policy: { rules } }, remote })
    service.fault(fault)
    const { decision } = await inFakeTime(
      clock,
      governor.run(payCall({ amount: 5 }), () => 1),
    )
    expect(decision).toMatchObject({ result: 'blocked', failMode: 'closed' })
    expect(decision).not.toHaveProperty('fallback')
  })
})

describe('a connection', () => {
  const failure = async (connection: ServiceConnection): Promise<ServiceError> => {
    const error: unknown = await connection.send({ method: 'GET', path: '/approvals', attempts: 1 }).then(
      () => undefined,
      (thrown: unknown) => thrown,
    )
    if (!isServiceError(error)) throw new Error('expected a ServiceError', { cause: error })
    return error
  }
  const detail = 'your key agent-key is not welcome'
  const connected = async () => {
    const service = await standInService()
    const connection = connectService({ baseUrl: service.url, apiKey: 'agent-key' })
    open.push(service, connection)
    return { service, connection }
  }

  it.each([
    [401, 'auth', 'service-auth'],
    [403, 'auth', 'service-auth'],
    [404, 'not-found', 'service-not-found'],
    [409, 'validation', 'service-validation'],
    [422, 'validation', 'service-validation'],
    [429, 'rate-limit', 'service-rate-limit'],
    [500, 'api', 'service-api'],
    [302, 'api', 'service-api'],
  ] as const)(
    'tells %i as an error of kind %s, with the id of the request and without what was said',
    async (status, kind, code) => {
      const { service, connection } = await connected()
      service.fault({
        kind: 'status',
        status,
        body: { detail: { code: 'nope', message: detail }, request_id: 'act_7' },
      })
      const error = await failure(connection)
      expect(error).toMatchObject({ kind, code, status, requestId: 'act_7', serviceCode: 'nope', detail })
      expect(error.message).not.toContain('agent-key')
      expect(JSON.stringify(error)).not.toContain('agent-key')
    },
  )

  it('tells which fields were refused', async () => {
    const { service, connection } = await connected()
    const body = { detail: [{ loc: ['body', 'actions', 0, 'value'], msg: 'not a number', type: 'float' }, 'x'] }
    service.fault({ kind: 'status', status: 422, body })
    expect((await failure(connection)).fields).toEqual([
      { path: 'actions.0.value', message: 'not a number' },
      { path: '?', message: '' },
    ])
  })

  it.each([
    ['7', 7000],
    ['0', 0],
    ['Thu, 01 Jan 2026 00:00:30 GMT', 30_000],
    ['Wed, 31 Dec 2025 00:00:00 GMT', 0],
    ['-5', undefined],
    ['soon', undefined],
    ['999999999', 86_400_000],
  ])('reads "retry-after: %s"', async (header, ms) => {
    const service = await standInService()
    const connection = connectService({ baseUrl: service.url, apiKey: 'agent-key', clock: fakeClock() })
    open.push(service, connection)
    service.fault({ kind: 'status', status: 429, headers: { 'retry-after': header } })
    expect((await failure(connection)).retryAfterMs).toBe(ms)
  })

  it('tells that nobody listens, that an answer broke off, and that it is none', async () => {
    const { service, connection } = await connected()
    service.fault({ kind: 'reset', at: 'body' })
    expect((await failure(connection)).kind).toBe('network')
    service.fault({ kind: 'html' })
    expect((await failure(connection)).kind).toBe('malformed')
    await service.down()
    expect((await failure(connection)).kind).toBe('network')
  })

  it('gives an aborted request its own reason, and holds that against nobody', async () => {
    const { service, connection } = await connected()
    for (let attempt = 0; attempt < 8; attempt++) {
      service.hold()
      const abort = new AbortController()
      const asked = connection.send({ method: 'GET', path: '/approvals', signal: abort.signal })
      await settled()
      abort.abort(new Error('I have changed my mind'))
      await expect(asked).rejects.toThrow('I have changed my mind')
    }
    expect(() => connection.assertAvailable()).not.toThrow()
  })

  it('never takes what arrives unasked for the answer to the next question', async () => {
    const { service, connection } = await connected()
    service.fault({ kind: 'twice', second: { poisoned: true } })
    for (let request = 0; request < 3; request++) {
      const { json } = await connection.send({ method: 'GET', path: '/approvals' })
      expect(json).toEqual([])
    }
  })

  it('follows no redirect: it could lead a credential elsewhere', async () => {
    const { service, connection } = await connected()
    const other = await standInService()
    open.push(other)
    service.fault({ kind: 'redirect', to: `${other.url}/approvals` })
    expect((await failure(connection)).status).toBe(307)
    expect(other.requests).toEqual([])
  })
})

describe('a governor', () => {
  it('that is closed lets a process end: nothing is kept open', async () => {
    const service = await standInService()
    const decisions = remoteDecisions({ baseUrl: service.url, apiKey: 'agent-key' })
    const governor = createGovernor({ store: memoryStore(), decisions })
    await governor.run(payCall(), () => 1)
    await governor.close()
    await settled()
    expect(service.openConnections).toBe(0)
    await service.close()
  })
})
