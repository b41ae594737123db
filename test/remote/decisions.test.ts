import { createGovernor, memoryStore, remoteDecisions } from 'countersign'
import { standInService } from 'countersign/testing'
import { afterEach, describe, expect, it } from 'vitest'
import { inFakeTime, payCall, remoteWorld, type RemoteWorld, type RemoteWorldOptions } from './support.js'

const open: RemoteWorld[] = []
const world = async (options?: RemoteWorldOptions): Promise<RemoteWorld> => {
  const made = await remoteWorld(options)
  open.push(made)
  return made
}
afterEach(async () => {
  for (const each of open.splice(0)) await each.close()
})

describe('a question', () => {
  it('says who does what, on what, with how much, in which session, and not with which arguments', async () => {
    const { service, governor, clock } = await world({
      governor: {
        actor: 'refund-agent',
        domain: 'payments',
        tools: { pay: { action: 'pay_out', target: ({ to }: { to: string }) => to, metadata: { channel: 'chat' } } },
      },
    })
    const session = governor.session({ sessionId: 's1', tenant: 'acme', user: 'ada', model: 'gpt-5.1', traceId: 't1' })
    const call = payCall({ amount: 50, to: 'bob', iban: 'DE00 SECRET' })
    await inFakeTime(
      clock,
      session.run(call, () => 'paid'),
    )
    const [request] = service.requests
    expect(request).toMatchObject({ method: 'POST', path: '/actions/evaluate' })
    expect(request?.json).toEqual({
      action: 'pay_out',
      actor: 'refund-agent',
      value: 50,
      target: 'bob',
      domain: 'payments',
      context: {
        channel: 'chat',
        session_id: 's1',
        call_id: call.id,
        call_key: expect.stringMatching(/^[0-9a-f]{64}$/),
        tool: 'pay',
        model: 'gpt-5.1',
      },
    })
    expect(request?.text).not.toContain('SECRET')
  })

  it('is sent with a key, as JSON, by a client that says who it is', async () => {
    const { service, governor, clock } = await world()
    await inFakeTime(
      clock,
      governor.run(payCall(), () => 1),
    )
    expect(service.requests[0]?.headers).toMatchObject({
      'x-api-key': 'agent-key',
      accept: 'application/json',
      'content-type': 'application/json',
      'user-agent': expect.stringMatching(/^countersign\/\d/) as string,
    })
    expect(service.requests[0]?.headers).not.toHaveProperty('authorization')
  })

  it('is sent with a bearer token where that is what there is', async () => {
    const { service, governor, clock } = await world({ remote: { apiKey: undefined, bearerToken: 'agent-key' } })
    const { status } = await inFakeTime(
      clock,
      governor.run(payCall(), () => 1),
    )
    expect(status).toBe('executed')
    expect(service.requests[0]?.headers).toMatchObject({ authorization: 'Bearer agent-key' })
  })

  it('goes over connections that are kept', async () => {
    const { service, governor, clock } = await world()
    for (let call = 0; call < 5; call++)
      await inFakeTime(
        clock,
        governor.run(payCall(), () => 1),
      )
    expect(service.requests.length).toBe(5)
    expect(service.connections).toBe(1)
  })

  it('is a dry run where nothing is executed', async () => {
    const { service, governor, clock } = await world()
    const decision = await inFakeTime(clock, governor.decide(payCall()))
    expect(decision).toMatchObject({ result: 'allowed', dryRun: true })
    expect(service.requests[0]?.json).toMatchObject({ dry_run: true })
  })

  it('has one key for one call of one session, whoever asks and however often', async () => {
    const { service, governor, clock } = await world()
    const session = governor.session({ sessionId: 's1' })
    const call = payCall()
    service.answer({ enforcement_mode: 'enforced', enforced_verdict: 'requires_approval' })
    const held = await inFakeTime(
      clock,
      session.run(call, () => 1),
    )
    await inFakeTime(
      clock,
      governor.session({ sessionId: 's1' }).run({ ...call }, () => 1),
    )
    await inFakeTime(
      clock,
      session.run({ ...call, id: 'other' }, () => 1),
    )
    await inFakeTime(
      clock,
      session.run({ ...call, input: { amount: 51, to: 'ada' } }, () => 1),
    )
    await inFakeTime(
      clock,
      governor.session({ sessionId: 's2' }).run(call, () => 1),
    )
    await inFakeTime(
      clock,
      governor.session({ sessionId: 's1', tenant: 't' }).run(call, () => 1),
    )
    await inFakeTime(clock, session.decide(call))
    expect(held.status).toBe('approval_required')
    const keys = service.requests.map(({ idempotencyKey }) => idempotencyKey)
    expect(new Set(keys).size).toBe(6)
    expect(keys[0]).toBe(keys[1])
    expect(keys.every(key => /^[0-9a-f]{64}$/.test(key ?? ''))).toBe(true)
  })

  it('is not asked where the policy has refused already', async () => {
    const rules = [{ id: 'never', tools: ['pay'], effect: 'deny' }] as const
    const { service, governor, clock } = await world({ governor: { policy: { rules } } })
    const { status } = await inFakeTime(
      clock,
      governor.run(payCall(), () => 1),
    )
    expect(status).toBe('blocked')
    expect(service.requests).toEqual([])
  })

  it('carries what the application adds, in mode submit_payload alone', async () => {
    const payload = ({ input }: { readonly input: unknown }) => ({ context: { forged: true }, tool: 'pay', input })
    const remote = { api: 'legacy', tools: { pay: { decisionMode: 'submit_payload' } }, payload } as const
    const { service, governor, clock } = await world({ remote })
    await inFakeTime(
      clock,
      governor.run(payCall({ amount: 1 }), () => 1),
    )
    await inFakeTime(
      clock,
      governor.run({ ...payCall({ amount: 2 }), name: 'refund' }, () => 1),
    )
    await inFakeTime(clock, governor.decide(payCall({ amount: 3 })))
    expect(service.requests.map(({ path }) => path)).toEqual([
      '/actions/submit/v2',
      '/actions/submit',
      '/actions/submit/dry-run',
    ])
    expect(service.requests[0]?.json).toMatchObject({ input: { amount: 1 }, value: 1 })
    // What countersign says of the call cannot be said otherwise.
    expect(service.requests[0]?.json).not.toMatchObject({ context: { forged: true } })
    expect(service.requests[1]?.json).not.toHaveProperty('input')
  })

  it('that the application cannot write is the fail mode', async () => {
    const payload = () => {
      throw new Error('no')
    }
    const { service, governor, clock } = await world({ remote: { decisionMode: 'submit_payload', payload } })
    const { status } = await inFakeTime(
      clock,
      governor.run(payCall(), () => 1),
    )
    expect(status).toBe('blocked')
    expect(service.requests).toEqual([])
  })
})

describe('an answer', () => {
  it('is recorded with what the service calls it, and with all that it said', async () => {
    const { service, governor, clock } = await world()
    const answer = {
      recommendation: 'proceed',
      enforcement_mode: 'advisory',
      request_id: 'act_9',
      new_field: { a: [1] },
    }
    service.answer(answer)
    const { decision } = await inFakeTime(
      clock,
      governor.run(payCall(), () => 1),
    )
    const record = await governor.decisions.get(decision.id)
    expect(record?.service).toEqual({ requestId: 'act_9', answeredAt: clock.now(), raw: answer })
  })

  it('too long to keep is used and not kept', async () => {
    const { service, governor, clock } = await world()
    service.answer({ recommendation: 'proceed', enforcement_mode: 'advisory', reason: 'x'.repeat(20_000) })
    const { decision } = await inFakeTime(
      clock,
      governor.run(payCall(), () => 1),
    )
    expect(decision.result).toBe('allowed')
    expect(decision.service).not.toHaveProperty('raw')
    expect(decision.reason.length).toBeLessThanOrEqual(1000)
  })

  it('loses what the service said when something of the decision is erased', async () => {
    const { service, governor, clock } = await world()
    service.answer({ recommendation: 'proceed', enforcement_mode: 'advisory', reason: 'ada is a good customer' })
    const { decision } = await inFakeTime(
      clock,
      governor.run(payCall(), () => 1),
    )
    await governor.audit.erase({ decisionId: decision.id, fields: ['reason'], by: 'dpo', reason: 'asked to' })
    expect(JSON.stringify(await governor.decisions.get(decision.id))).not.toContain('good customer')
    expect((await governor.audit.verify()).ok).toBe(true)
  })

  it('can be tightened by the policy, and not loosened', async () => {
    const rules = [
      { id: 'big', tools: ['pay'], when: { 'input.amount': { gt: 100 } }, effect: 'require_approval' },
      { id: 'small', tools: ['pay'], when: { 'input.amount': { lte: 100 } }, effect: 'allow' },
    ] as const
    const { service, governor, clock } = await world({ governor: { policy: { rules } } })
    const { status } = await inFakeTime(
      clock,
      governor.run(payCall({ amount: 200 }), () => 1),
    )
    service.answer({ recommendation: 'do_not_proceed', enforcement_mode: 'advisory' })
    const { decision } = await inFakeTime(
      clock,
      governor.run(payCall({ amount: 20 }), () => 1),
    )
    expect(status).toBe('approval_required')
    expect(decision.result).toBe('blocked')
  })

  it('that puts a session on a trajectory is remembered for that session, and for no other', async () => {
    const { service, governor, clock } = await world()
    service.answer({
      recommendation: 'proceed',
      enforcement_mode: 'advisory',
      intelligence: { trajectory_id: 'tr_1' },
    })
    const one = governor.session({ sessionId: 'one' })
    await inFakeTime(
      clock,
      one.run(payCall(), () => 1),
    )
    await inFakeTime(
      clock,
      one.run(payCall(), () => 1),
    )
    await inFakeTime(
      clock,
      governor.session({ sessionId: 'two' }).run(payCall(), () => 1),
    )
    await inFakeTime(
      clock,
      governor.session({ sessionId: 'one', tenant: 'other' }).run(payCall(), () => 1),
    )
    service.answer({ recommendation: 'proceed', enforcement_mode: 'advisory', trajectory_id: 'tr_2' })
    await inFakeTime(
      clock,
      governor.run(payCall(), () => 1),
    )
    await inFakeTime(
      clock,
      governor.run(payCall(), () => 1),
    )
    const sent = service.requests.map(
      ({ json }) => (json as { context: { trajectory_id?: string } }).context.trajectory_id,
    )
    expect(sent).toEqual([undefined, 'tr_1', undefined, undefined, undefined, undefined])
  })
})

describe('the parallel calls of one turn', () => {
  const parallel = (governor: RemoteWorld['governor'], count: number) =>
    Promise.all(Array.from({ length: count }, (_, amount) => governor.run(payCall({ amount }), () => amount)))

  it('are one request', async () => {
    const { service, governor, clock } = await world()
    const executions = await inFakeTime(clock, parallel(governor, 64))
    expect(executions.every(({ status }) => status === 'executed')).toBe(true)
    expect(service.requests.map(({ path }) => path)).toEqual(['/actions/evaluate/batch'])
    const ids = executions.map(({ decision }) => decision.service?.requestId)
    expect(new Set(ids).size).toBe(64)
  })

  it('are several requests where one cannot hold them', async () => {
    const { service, governor, clock } = await world()
    await inFakeTime(clock, parallel(governor, 150))
    const sizes = service.requests.map(({ json }) => (json as { actions: unknown[] }).actions.length)
    expect(sizes.toSorted((a, b) => a - b)).toEqual([50, 100])
  })

  it('each get their own answer', async () => {
    const { governor, clock } = await world({
      service: {
        decide: ({ value }) => ({
          enforcement_mode: 'enforced',
          enforced_verdict: (value ?? 0) % 2 === 0 ? 'allowed' : 'blocked',
        }),
      },
    })
    const executions = await inFakeTime(clock, parallel(governor, 10))
    expect(executions.map(({ decision }) => decision.result === 'allowed')).toEqual(
      Array.from({ length: 10 }, (_, amount) => amount % 2 === 0),
    )
  })

  it('are asked about one by one where the service knows no batches, and that is tried once', async () => {
    const { service, governor, clock } = await world()
    service.fault('/actions/evaluate/batch', { kind: 'status', status: 404 })
    await inFakeTime(clock, parallel(governor, 3))
    await inFakeTime(clock, parallel(governor, 3))
    const paths = service.requests.map(({ path }) => path)
    expect(paths).toEqual(['/actions/evaluate/batch', ...Array.from({ length: 6 }, () => '/actions/evaluate')])
  })

  it.each(['too-many', 'too-few', 'repeated'] as const)(
    'are asked about one by one where there are %s answers',
    async answers => {
      const { service, governor, clock } = await world()
      service.fault('/actions/evaluate/batch', { kind: 'batch', answers })
      const executions = await inFakeTime(clock, parallel(governor, 3))
      expect(executions.every(({ status }) => status === 'executed')).toBe(true)
      expect(service.requests.length).toBe(4)
    },
  )

  it('fail together where the service fails', async () => {
    const { service, governor, clock } = await world()
    service.fault({ kind: 'status', status: 503 }, 10)
    const executions = await inFakeTime(clock, parallel(governor, 5))
    expect(executions.every(({ status }) => status === 'blocked')).toBe(true)
    expect(service.requests.length).toBe(3)
  })

  it('are asked about one by one where that is wished', async () => {
    const { service, governor, clock } = await world({ remote: { batch: false } })
    await inFakeTime(clock, parallel(governor, 3))
    expect(service.requests.length).toBe(3)
  })

  it('that are the same call are one question', async () => {
    const { service, governor, clock } = await world()
    const call = payCall()
    let runs = 0
    await inFakeTime(clock, Promise.all([1, 2, 3].map(() => governor.run(call, () => ++runs))))
    expect(runs).toBe(1)
    expect(new Set(service.requests.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(1)
  })
})

describe('options', () => {
  const options = { apiKey: 'top-secret-key', baseUrl: 'https://decisions.example.com' }
  it.each([
    [{ ...options, apiKey: undefined }, 'expected `apiKey` or `bearerToken`'],
    [{ ...options, apiKey: 'two words' }, '`remoteDecisions.apiKey`'],
    [{ ...options, baseUrl: 'http://decisions.example.com' }, 'expected https'],
    [{ ...options, baseUrl: 'http://127.0.0.1.example.com' }, 'expected https'],
    [{ ...options, baseUrl: 'http://10.0.0.1' }, 'expected https'],
    [{ ...options, baseUrl: 'ftp://localhost' }, 'expected https'],
    [{ ...options, baseUrl: 'decisions' }, 'expected an absolute URL'],
    [{ ...options, baseUrl: 'https://user:top-secret-key@example.com' }, 'user name or password is refused'],
    [{ ...options, baseUrl: 'https://example.com?x=1' }, 'without a query'],
    [{ ...options, deadlineMs: 0 }, 'milliseconds above 0'],
    [{ ...options, timeoutMs: 5 }, 'unknown option'],
    [{ ...options, retry: { attempts: 0 } }, 'a whole number of 1 or more'],
    [{ ...options, retry: { tries: 1 } }, 'remoteDecisions.retry.tries'],
    [{ ...options, circuitBreaker: { failures: 1.5 } }, 'a whole number of 1 or more'],
    [{ ...options, fallback: ['lokal'] }, 'Did you mean "local"?'],
    [{ ...options, fallback: 'local' }, 'a list of'],
    [{ ...options, decisionMode: 'submit_v2' }, '"submit", "submit_payload"'],
    [{ ...options, tools: { pay: { mode: 'submit' } } }, 'remoteDecisions.tools.pay.mode'],
    [{ ...options, memory: { timeoutMs: -1 } }, 'milliseconds above 0'],
    [{ ...options, memory: { batchSize: 5000 } }, 'a whole number from 1 to 500'],
    [{ ...options, memory: { redaction: true } }, 'Did you mean'],
  ])('%o are refused at start-up: %s', (wrong, message) => {
    let thrown: unknown
    try {
      remoteDecisions(wrong as never)
    } catch (error) {
      thrown = error
    }
    expect(thrown).toMatchObject({ code: 'invalid-option', message: expect.stringContaining(message) as string })
    expect((thrown as Error).message).not.toContain('top-secret-key')
  })

  it.each(['http://localhost:8080', 'http://127.0.0.1', 'http://[::1]:3000/base/', 'https://example.com/api'])(
    '%s is where a service may be',
    baseUrl => {
      expect(() => remoteDecisions({ ...options, baseUrl })).not.toThrow()
    },
  )

  it('of a path in the base URL are kept', async () => {
    const service = await standInService()
    const evaluator = remoteDecisions({ baseUrl: `${service.url}/tenant/7/`, apiKey: 'agent-key' })
    const governor = createGovernor({ store: memoryStore(), decisions: evaluator })
    await governor.run(payCall(), () => 1)
    expect(service.requests[0]?.path).toBe('/tenant/7/actions/evaluate')
    await governor.close()
    await service.close()
  })
})
