import { generateApprovalKeys, memoryStore, type Governor } from 'countersign'
import { describe, expect, it } from 'vitest'
import { inFakeTime, payCall, remoteWorld, type RemoteWorldOptions, settled } from './support.js'

const HELD = { enforcement_mode: 'enforced', enforced_verdict: 'requires_approval', reason: 'over 100' } as const

/** A world whose service holds every call until a person has approved it there. */
const world = async (options: RemoteWorldOptions = {}) => {
  const known = await remoteWorld({ ...options, service: { decide: () => HELD, ...options.service } })
  const answer = async (resolution: 'approved' | 'denied', fields: object = {}): Promise<void> => {
    const { request_id: id } = known.service.approvals.at(-1) ?? {}
    const response = await fetch(`${known.service.url}/approvals/${String(id)}/resolve`, {
      method: 'POST',
      headers: { 'x-api-key': 'approver-key', 'content-type': 'application/json' },
      body: JSON.stringify({ resolution, ...fields }),
    })
    expect(response.status).toBe(200)
    // From now on the service says what the person said.
    if (resolution === 'approved') known.service.answer({ enforcement_mode: 'enforced', enforced_verdict: 'allowed' })
  }
  return { ...known, answer }
}
const looks = (requests: readonly { readonly method: string; readonly path: string }[]): number =>
  requests.filter(({ method, path }) => method === 'GET' && path === '/approvals').length
const waiting = (governor: Governor, ran: string[]) =>
  governor.run(payCall(), () => ran.push('paid'), { sessionId: 's-1', waits: true })

describe('a call that the service holds', () => {
  it('runs once a person has approved it in the inbox of the service', async () => {
    const { governor, clock, answer, close } = await world()
    const ran: string[] = []
    const running = waiting(governor, ran)
    await settled()
    expect(ran).toEqual([])
    await answer('approved')
    const { status } = await inFakeTime(clock, running)
    expect(status).toBe('executed')
    expect(ran).toEqual(['paid'])
    const [approval] = await governor.approvals.list()
    expect(approval).toMatchObject({ status: 'consumed', by: 'service', votes: [{ channel: 'service' }] })
    await close()
  })

  it('is refused, with what the person said, once it was denied there', async () => {
    const { governor, clock, answer, close } = await world()
    const ran: string[] = []
    const running = waiting(governor, ran)
    await settled()
    await answer('denied', { comment: 'wrong customer' })
    const execution = await inFakeTime(clock, running)
    expect(execution).toMatchObject({ status: 'blocked', message: expect.stringContaining('wrong customer') })
    expect(ran).toEqual([])
    await close()
  })

  it('that has ended as held runs when it comes back, with nobody waiting in between', async () => {
    const { governor, clock, answer, close } = await world()
    const ran: string[] = []
    const call = payCall()
    const scope = { sessionId: 's-1' }
    const held = await governor.run(call, () => ran.push('paid'), scope)
    expect(held.status).toBe('approval_required')
    await answer('approved')
    clock.advance(1)
    const resumed = await inFakeTime(
      clock,
      governor.run(call, () => ran.push('paid'), { ...scope, resumed: true }),
    )
    expect(resumed.status).toBe('executed')
    const again = await governor.run(call, () => ran.push('paid'), { ...scope, resumed: true })
    expect(again.status).toBe('executed')
    expect(ran).toEqual(['paid'])
    await close()
  })

  it('is not approved by an answer of whoever acts', async () => {
    const { governor, clock, events, service, answer, close } = await world({ governor: { actor: 'service' } })
    const held = await governor.run(payCall(), () => 'paid', { sessionId: 's-1' })
    expect(held.status).toBe('approval_required')
    await answer('approved')
    clock.advance(2000)
    await settled()
    expect((await governor.approvals.list())[0]?.status).toBe('pending')
    const failed = events.filter(event => event.type === 'report-failed')
    expect(failed).toMatchObject([{ kind: 'answer', count: 1, dropped: true, error: { code: 'not-permitted' } }])
    const before = looks(service.requests)
    clock.advance(600_000)
    await settled()
    expect(looks(service.requests)).toBe(before)
    await close()
  })

  it('is not approved from outside where only signed answers count', async () => {
    const { publicKey } = await generateApprovalKeys()
    const { governor, clock, answer, close } = await world({ governor: { approvals: { publicKeys: [publicKey] } } })
    await governor.run(payCall(), () => 'paid', { sessionId: 's-1' })
    await answer('approved')
    clock.advance(2000)
    await settled()
    expect((await governor.approvals.list())[0]?.status).toBe('pending')
    await close()
  })

  it('is looked after again, more and more rarely, where the service cannot say what became of it', async () => {
    const { governor, clock, events, service, answer, close } = await world({
      remote: { circuitBreaker: false },
    })
    const ran: string[] = []
    const running = waiting(governor, ran)
    await settled()
    service.fault('/approvals', { kind: 'status', status: 503 }, 2)
    for (const ms of [2000, 4000]) {
      clock.advance(ms)
      await settled()
    }
    expect(looks(service.requests)).toBe(2)
    expect(events.filter(event => event.type === 'report-failed')).toMatchObject([
      { kind: 'answer', dropped: false },
      { kind: 'answer', dropped: false },
    ])
    await answer('approved')
    expect((await inFakeTime(clock, running)).status).toBe('executed')
    await close()
  })

  it('is left to who is asked here, where answers of the service are switched off', async () => {
    const { governor, clock, service, answer, close } = await world({ remote: { approvals: false } })
    const held = await governor.run(payCall(), () => 'paid', { sessionId: 's-1' })
    await answer('approved')
    clock.advance(60_000)
    await settled()
    expect(looks(service.requests)).toBe(0)
    expect(held.status).toBe('approval_required')
    expect((await governor.approvals.list())[0]?.status).toBe('pending')
    await close()
  })

  it('is looked after no more once it is settled, or the governor is closed', async () => {
    const { governor, clock, service, close } = await world({ governor: { store: memoryStore() } })
    await governor.run(payCall(), () => 'paid', { sessionId: 's-1' })
    const [approval] = await governor.approvals.list()
    await governor.approvals.resolve(approval?.id ?? '', { resolution: 'rejected', by: 'dana' })
    clock.advance(10_000)
    await settled()
    expect(looks(service.requests)).toBe(0)
    await governor.run(payCall(), () => 'paid', { sessionId: 's-1' })
    await governor.close()
    clock.advance(60_000)
    await settled()
    expect(looks(service.requests)).toBe(0)
    await close()
  })

  it.each([{ pollMs: 0 }, { pollMs: 'often' }, { every: 1 }, 'yes'])(
    'needs %j to be put right before anything is asked',
    async approvals => {
      await expect(remoteWorld({ remote: { approvals: approvals as never } })).rejects.toMatchObject({
        code: 'invalid-option',
        message: expect.stringContaining('remoteDecisions.approvals'),
      })
    },
  )
})
