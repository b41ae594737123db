import { memoryStore } from 'countersign'
import { createDecisionServer } from 'countersign/server'
import { describe, expect, it } from 'vitest'
import { KEYS, serve as serveWith } from './support.js'

const AGENT = { 'x-api-key': 'agent-secret-of-the-tests', 'content-type': 'application/json' }
const APPROVER = { 'x-api-key': 'approver-secret-of-the-tests', 'content-type': 'application/json' }

const serve = () =>
  createDecisionServer({
    store: memoryStore(),
    keys: [
      { key: 'agent-secret-of-the-tests', role: 'agent' },
      { key: 'approver-secret-of-the-tests', role: 'approver', name: 'dana' },
    ],
  })

const serveAll = () => serveWith({ keys: [...KEYS, { key: 'eve-key-of-the-tests', role: 'approver', name: 'eve' }] })

describe('approvals of a decision service', () => {
  it('are listed, and answered once, by the id of the decision they hold up', async () => {
    await using server = serve()
    const { decision } = await server.governor.run({ id: '1', name: 'refund', input: { amount: 900 } }, () => 'paid')
    const listed = await server.app.request('/approvals', { headers: AGENT })
    expect(await listed.json()).toMatchObject([{ request_id: decision.id, action: 'refund', status: 'pending' }])

    const path = `/approvals/${decision.id}/resolve`
    const resolve = { method: 'POST', headers: APPROVER, body: JSON.stringify({ resolution: 'approved' }) }
    expect(await (await server.app.request(path, resolve)).json()).toMatchObject({
      status: 'approved',
      resolved_by: 'dana',
    })
    const no = { ...resolve, body: JSON.stringify({ resolution: 'denied' }) }
    const contradicted = await server.app.request(path, no)
    expect(contradicted.status).toBe(409)
    expect(await contradicted.json()).toMatchObject({ detail: { code: 'already_resolved' } })
  })

  it('that are answered once more in the same words, as by whoever had no answer, are answered with what holds', async () => {
    await using service = serveAll()
    const { body: held } = await service.ask('POST /actions/evaluate', { action: 'refund', value: 900 })
    const route = `POST /approvals/${held.request_id}/resolve`
    const no = { resolution: 'denied', comment: 'too much' }
    const first = await service.boss(route, no)
    const entries = async () => (await service.server.governor.audit.verify()).entries
    const before = await entries()
    service.clock.advance(1000)
    expect(await service.boss(route, no)).toMatchObject({ status: 200, body: first.body })
    expect(await service.boss(route, { ...no, resolution: 'rejected' })).toMatchObject({
      status: 200,
      body: first.body,
    })
    expect(await entries()).toBe(before)

    for (const other of [
      { resolution: 'approved', comment: 'too much' },
      { resolution: 'denied' },
      { ...no, comment: '' },
    ])
      expect((await service.boss(route, other)).status).toBe(409)
    const eve = { key: 'eve-key-of-the-tests' }
    expect((await service.ask(route, no, eve)).status).toBe(409)
  })

  it('that were used already are as they were answered, and those whose time is over are not', async () => {
    await using service = serveAll()
    const asked = { action: 'refund', value: 900, context: { session_id: 's', call_id: 'c' } }
    const { body: held } = await service.ask('POST /actions/evaluate', asked)
    const route = `POST /approvals/${held.request_id}/resolve`
    await service.boss(route, { resolution: 'approved' })
    expect((await service.ask('POST /actions/evaluate', asked)).body.result).toBe('allowed')
    const again = await service.boss(route, { resolution: 'approved' })
    expect(again).toMatchObject({ status: 200, body: { status: 'approved', consumed: true } })

    const { body: other } = await service.ask('POST /actions/evaluate', { ...asked, value: 901, context: {} })
    const late = `POST /approvals/${other.request_id}/resolve`
    expect((await service.boss(late, { resolution: 'approved' })).status).toBe(200)
    service.clock.advance(30 * 86_400_000)
    expect((await service.boss(late, { resolution: 'approved' })).status).toBe(409)
  })

  it.each([
    ['value, though the context calls another one so', { context: { value: 0 } }, { value: 90_000 }],
    ['target, though the context calls another one so', { target: 'a', context: { target: 'z' } }, { target: 'b' }],
    ['value, though the arguments are the same', { context: { arguments: { order: 1 } } }, { value: 90_000 }],
    [
      'target, though the arguments are the same',
      { target: 'a', context: { arguments: { order: 1 } } },
      { target: 'b' },
    ],
    ['domain', { domain: 'tests', context: {} }, { domain: 'payments' }],
    ['action of the same tool', { context: { tool: 'refund' } }, { action: 'wipe' }],
  ])('are for the call that was asked about, and not for the same one with another %s', async (_what, said, other) => {
    await using service = serveAll()
    const first = { action: 'refund', value: 900, ...said, context: { ...said.context, call_id: 'c', session_id: 's' } }
    const { body: held } = await service.ask('POST /actions/evaluate', first)
    await service.boss(`POST /approvals/${held.request_id}/resolve`, { resolution: 'approved' })
    const changed = (await service.ask('POST /actions/evaluate', { ...first, ...other })).body
    expect(changed.result).toBe('requires_approval')
    expect(changed.request_id).not.toBe(held.request_id)
    expect((await service.ask('POST /actions/evaluate', first)).body.result).toBe('allowed')
  })

  it('show the value and the target that were asked about, whatever the context calls so', async () => {
    await using service = serveAll()
    const context = { value: 0, target: 'nobody', order: 7 }
    await service.ask('POST /actions/evaluate', { action: 'refund', value: 900, target: 'c-1', context })
    const [held] = await service.server.governor.approvals.list({ status: 'pending' })
    expect(held?.call.input).toEqual({ value: 900, target: 'c-1', order: 7 })
  })

  it('are not answered by whoever may only ask, nor by nobody', async () => {
    await using server = serve()
    const resolve = { method: 'POST', body: JSON.stringify({ resolution: 'approved' }) }
    const asked = await server.app.request('/approvals/x/resolve', { ...resolve, headers: AGENT })
    expect(asked.status).toBe(403)
    expect((await server.app.request('/approvals/x/resolve', resolve)).status).toBe(401)
  })

  it('say what is wrong with an answer, and where', async () => {
    await using server = serve()
    const answer = { method: 'POST', headers: APPROVER, body: JSON.stringify({ resolution: 'maybe' }) }
    const refused = await server.app.request('/approvals/x/resolve', answer)
    expect(refused.status).toBe(422)
    expect(await refused.json()).toMatchObject({ detail: [{ loc: ['body', 'resolution'], type: 'enum' }] })
  })
})
