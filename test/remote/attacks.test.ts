import { connectService, createGovernor, memoryStore, remoteDecisions } from 'countersign'
import type { Evaluation, Evaluator, Execution, Governor, ServiceConnection } from 'countersign'
import { type FakeClock, fakeClock, standInService, type StandInService } from 'countersign/testing'
import { afterEach, describe, expect, it } from 'vitest'
import { inFakeTime, payCall, remoteWorld, type RemoteWorld, type RemoteWorldOptions, settled } from './support.js'

const open: { readonly close: () => unknown }[] = []
const unhandled: unknown[] = []
process.on('unhandledRejection', error => unhandled.push(error))
afterEach(async () => {
  for (const each of open.splice(0)) await each.close()
  expect(unhandled).toEqual([])
})
const world = async (options?: RemoteWorldOptions): Promise<RemoteWorld> => {
  const made = await remoteWorld(options)
  open.push(made)
  return made
}
const approve = (governor: Governor, execution: Execution): Promise<unknown> => {
  const id = execution.status === 'approval_required' ? execution.approvalId : ''
  return governor.approvals.resolve(id, { resolution: 'approved', by: 'ada' })
}
const held = { enforcement_mode: 'enforced', enforced_verdict: 'requires_approval' } as const

describe('a call that the service held, and a person approved', () => {
  it('runs when it comes back in another run of its session', async () => {
    const { service, governor, clock } = await world()
    const call = payCall()
    service.answer(held)
    const first = await inFakeTime(
      clock,
      governor.session({ sessionId: 's' }).run(call, () => 1),
    )
    await approve(governor, first)
    const again = await inFakeTime(
      clock,
      governor.session({ sessionId: 's' }).run(call, () => 1),
    )
    expect(again.status).toBe('executed')
    expect(service.requests.length).toBe(2)
  })

  it('runs when the service put its session on a trajectory meanwhile', async () => {
    const { service, governor, clock } = await world()
    const call = payCall()
    const session = governor.session({ sessionId: 's' })
    service.answer({ ...held, trajectory_id: 'tr_1' })
    const first = await inFakeTime(
      clock,
      session.run(call, () => 1),
    )
    await approve(governor, first)
    const again = await inFakeTime(
      clock,
      session.run(call, () => 1),
    )
    expect(again.status).toBe('executed')
  })
})

describe('a service that changes its mind', () => {
  const refused = { enforcement_mode: 'enforced', enforced_verdict: 'blocked', reason: 'not any more' } as const

  it.each(['comes back', 'waits'] as const)('stops a call that a person approved, and that %s', async how => {
    const { service, governor, clock } = await world()
    const call = payCall()
    service.answer(held, refused)
    const first = await inFakeTime(
      clock,
      governor.run(call, () => 1),
    )
    await approve(governor, first)
    const again = await inFakeTime(
      clock,
      governor.run(call, () => 1, { waits: how === 'waits' }),
    )
    expect(again).toMatchObject({ status: 'blocked', decision: { reason: 'not any more' } })
  })

  it('is asked the same once more for as long as nobody has approved', async () => {
    const { service, governor, clock } = await world()
    const call = payCall()
    service.answer(held, refused)
    for (let time = 0; time < 3; time++)
      await inFakeTime(
        clock,
        governor.run(call, () => 1),
      )
    expect(new Set(service.requests.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(1)
  })

  it('is not told of a change that somebody only thinks of as if it were to happen', async () => {
    const { service, governor, clock } = await world()
    service.answer(held)
    const first = await inFakeTime(
      clock,
      governor.run(payCall(), () => 1),
    )
    const id = first.status === 'approval_required' ? first.approvalId : ''
    const input = { amount: 10, to: 'ada' }
    await inFakeTime(clock, governor.approvals.resolve(id, { resolution: 'approved', by: 'ada', input }))
    expect(service.requests.at(-1)?.json).toMatchObject({ value: 10, dry_run: true })
  })
})

describe('an error', () => {
  it('shows nothing that the service wrote when it is serialised', async () => {
    const { service, clock } = await world()
    const connection = connectService({ baseUrl: service.url, apiKey: 'agent-key', clock })
    open.push(connection)
    service.fault({
      kind: 'status',
      status: 422,
      body: { detail: [{ loc: ['body', 'x'], msg: 'no such IBAN: DE00' }] },
    })
    const sent = connection.send({ method: 'POST', path: '/actions/evaluate', body: {} })
    const error = await sent.catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ fields: [{ path: 'x', message: 'no such IBAN: DE00' }] })
    expect(JSON.stringify(error) + String(error)).not.toContain('DE00')
  })
})

describe('a credential', () => {
  it.each(['fetch', 'node:http'])('goes to no other host over %s, whatever a path says', async transport => {
    const getBuiltinModule = process.getBuiltinModule.bind(process)
    const [one, other] = [await world(), await world()]
    if (transport === 'fetch') process.getBuiltinModule = () => undefined
    const connection = connectService({ baseUrl: one.service.url, apiKey: 'agent-key', clock: one.clock })
    process.getBuiltinModule = getBuiltinModule
    const { host } = new URL(other.service.url)
    for (const path of [`//${host}/rules`, `@${host}/rules`, `.${host}/rules`, `http://${host}/rules`])
      await Promise.allSettled([inFakeTime(one.clock, connection.send({ method: 'GET', path, attempts: 1 }))])
    connection.close()
    expect(other.service.requests).toEqual([])
  })
})

describe('a kill switch', () => {
  it('that is thrown while the service takes its time stops the call', async () => {
    const { service, governor, clock } = await world()
    const answer = service.hold()
    const running = governor.run(payCall(), () => 1)
    await answer.arrived
    await governor.killSwitch.activate({ by: 'ada', reason: 'incident 7' })
    answer.release()
    expect((await inFakeTime(clock, running)).status).toBe('blocked')
  })

  it('stops the call too where the service gives no answer, and the fail mode is open', async () => {
    const { service, governor, clock } = await world({ governor: { failMode: 'open' } })
    const answer = service.hold()
    const running = governor.run(payCall(), () => 1)
    await answer.arrived
    await governor.killSwitch.activate({ by: 'ada', reason: 'incident 7' })
    const { status } = await inFakeTime(clock, running)
    answer.release()
    expect(status).toBe('blocked')
  })

  it('that cannot be read any more is the fail mode, and lifts no refusal', async () => {
    for (const [verdict, failMode, status] of [
      ['allowed', 'closed', 'blocked'],
      ['allowed', 'open', 'executed'],
      ['blocked', 'open', 'blocked'],
    ] as const) {
      const store = memoryStore()
      let reads = 0
      const killSwitches = (): ReturnType<typeof store.killSwitches> => {
        if (++reads > 1) throw new Error('gone')
        return store.killSwitches()
      }
      const decisions = evaluator(async () => ({ enforcedVerdict: verdict }))
      const governor = createGovernor({ store: { ...store, killSwitches }, failMode, decisions, audit: false })
      expect((await governor.run(payCall(), () => 1)).status).toBe(status)
      await governor.close()
    }
  })
})

function evaluator(evaluate: (...args: Parameters<Evaluator['evaluate']>) => unknown): Evaluator {
  return { evaluate: evaluate as Evaluator['evaluate'] }
}

describe('an evaluator of your own', () => {
  const judged = async (
    evaluate: Evaluator['evaluate'],
    clock: FakeClock = fakeClock(),
  ): Promise<Execution<number>> => {
    const failMode = { readOnly: 'open', default: 'closed' } as const
    const governor = createGovernor({ store: memoryStore(), clock, failMode, decisions: { evaluate } })
    const execution = await inFakeTime(
      clock,
      governor.run(payCall(), () => 1),
    )
    await inFakeTime(clock, governor.close())
    return execution
  }
  const allowed: Evaluation = { allowed: true }

  it('may answer with anything that has a `then`, and nothing is left waiting', async () => {
    const then = (resolve: (answer: Evaluation) => void): void => {
      queueMicrotask(() => {
        resolve(allowed)
      })
    }
    const clock = fakeClock()
    expect((await judged(() => ({ then }) as never, clock)).status).toBe('executed')
    expect(clock.untilNext()).toBeUndefined()
  })

  it.each<[string, (request: Record<string, unknown>) => unknown]>([
    ['throws', () => expect.fail('a secret')],
    ['has a `then` that throws', () => ({ then: () => expect.fail('a secret') })],
    ['never answers', () => new Promise(() => undefined)],
    [
      'claims that the tool only reads, and throws',
      request => {
        request['annotations'] = { readOnly: true }
        throw new Error('a secret')
      },
    ],
  ])('that %s is the fail mode of the call as it was captured', async (_, evaluate) => {
    const { status, decision } = await judged(evaluate as never)
    expect(status).toBe('blocked')
    expect(decision).toMatchObject({ tool: 'pay', failMode: 'closed' })
    expect(decision).not.toHaveProperty('tenant')
    expect(decision.reason).not.toContain('secret')
  })

  it('changes nothing of the call, whatever it does to what it is shown', async () => {
    const { status, decision } = await judged(request => {
      Object.assign(request, { tool: 'other', digest: 'other', at: 0 })
      Object.assign(request.session, { tenant: 'other' })
      return allowed
    })
    expect(status).toBe('executed')
    expect(decision).toMatchObject({ tool: 'pay', digest: expect.stringMatching(/^[0-9a-f]{64}$/) as string })
    expect(decision).not.toHaveProperty('tenant')
  })

  it('is read once: what is checked is what is used', async () => {
    let reads = 0
    const answer = {
      get findings(): unknown {
        return reads++ === 0 ? [{ rule: 'own', effect: 'deny', reason: 'no', hard: true }] : 'nothing'
      },
    }
    expect((await judged(() => answer as Evaluation)).decision.reason).toBe('no')
  })
})

describe('time', () => {
  it('that goes back makes nobody wait for longer', async () => {
    const clock = fakeClock()
    let backMs = 0
    const now = (): number => clock.now() - backMs
    const decisions = evaluator(() => new Promise(() => undefined))
    const rules = [{ id: 'any', tools: ['pay'], effect: 'allow', when: { 'input.amount': { gt: 0 } } }] as const
    const governor = createGovernor({ store: memoryStore(), clock: { ...clock, now }, decisions, policy: { rules } })
    const running = governor.run(payCall(), () => 1)
    backMs = 3_600_000
    const startedAt = clock.now()
    expect((await inFakeTime(clock, running)).status).toBe('blocked')
    expect(clock.now() - startedAt).toBeLessThanOrEqual(2000)
  })

  it('without an end is no time at all to no timer', async () => {
    const decisions = evaluator(async () => {
      await settled()
      return { allowed: true }
    })
    const resilience = { deadlineMs: Number.POSITIVE_INFINITY }
    const governor = createGovernor({ store: memoryStore(), decisions, resilience })
    expect((await governor.run(payCall(), () => 1)).status).toBe('executed')
    await governor.close()
  })
})

describe('what one call is answered', () => {
  it('does not hang on whether the others of its turn can be asked about', async () => {
    const payload = ({ value }: { readonly value?: number | undefined }): Record<string, unknown> =>
      value === 2 ? { size: 1n } : {}
    const { governor, clock } = await world({ remote: { decisionMode: 'submit_payload', payload } })
    const executions = await inFakeTime(
      clock,
      Promise.all([1, 2, 3].map(amount => governor.run(payCall({ amount }), () => 1))),
    )
    expect(executions.map(({ status }) => status)).toEqual(['executed', 'blocked', 'executed'])
  })
})

describe('a circuit breaker', () => {
  const opened = async (resetMs = 30_000) => {
    const clock = fakeClock()
    const service = await standInService({ clock })
    let backMs = 0
    const connection = connectService({
      baseUrl: service.url,
      apiKey: 'agent-key',
      clock: { ...clock, now: () => clock.now() - backMs },
      retry: { attempts: 1 },
      circuitBreaker: { failures: 1, resetMs },
    })
    open.push(connection, service)
    const states: string[] = []
    connection.onCircuitChange(({ state }) => states.push(state))
    service.fault({ kind: 'status', status: 503 })
    await ask(clock, connection)
    return { clock, service, connection, states, goBack: (ms: number) => (backMs += ms) }
  }
  const ask = (clock: FakeClock, connection: ServiceConnection, signal?: AbortSignal): Promise<unknown> =>
    inFakeTime(
      clock,
      connection.send({ method: 'GET', path: '/rules', signal }).then(
        () => 'answered',
        (error: unknown) => error,
      ),
    )

  it('is not closed by somebody who was to find out, and lost interest; the next one may', async () => {
    const { clock, service, connection, states } = await opened()
    clock.advance(30_000)
    const abort = new AbortController()
    const answer = service.hold()
    const probe = ask(clock, connection, abort.signal)
    await answer.arrived
    abort.abort(new Error('never mind'))
    await probe
    await settled()
    answer.release()
    expect(states).toEqual(['open', 'half-open', 'open'])
    expect(await ask(clock, connection)).toBe('answered')
    expect(states.slice(3)).toEqual(['half-open', 'closed'])
  })

  it('does not stay open because the clock went back', async () => {
    const { clock, connection, goBack } = await opened()
    goBack(3_600_000)
    expect(await ask(clock, connection)).toBe('answered')
  })

  it('is not harmed by who listens to it', async () => {
    const { clock, connection, states } = await opened()
    connection.onCircuitChange(() => expect.fail('a listener of mine'))
    clock.advance(30_000)
    expect(await ask(clock, connection)).toBe('answered')
    expect(states).toEqual(['open', 'half-open', 'closed'])
  })
})

describe('governors that ask one service through one evaluator', () => {
  const two = async (): Promise<{ clock: FakeClock; service: StandInService; governors: [Governor, Governor] }> => {
    const clock = fakeClock()
    const service = await standInService({ clock })
    open.push(service)
    const quiet = { memory: false, outcomes: false, retry: { attempts: 1 } } as const
    const decisions = remoteDecisions({ baseUrl: service.url, apiKey: 'agent-key', clock, ...quiet })
    const governor = (): Governor => createGovernor({ store: memoryStore(), clock, decisions })
    return { clock, service, governors: [governor(), governor()] }
  }

  it('take nothing from each other when they close', async () => {
    const { clock, service, governors } = await two()
    const answer = service.hold()
    const running = governors[1].run(payCall(), () => 1)
    await answer.arrived
    await governors[0].close()
    await settled()
    answer.release()
    expect((await inFakeTime(clock, running)).status).toBe('executed')
    await governors[1].close()
  })
})
