import { memoryStore } from 'countersign'
import { createDecisionServer } from 'countersign/server'
import { describe, expect, it } from 'vitest'
import { Browser } from './support/inbox.js'

const keys = [
  { key: 'agent-secret', role: 'agent' },
  { key: 'approver-secret', role: 'approver', name: 'dana' },
] as const

describe('the inbox of a decision service', () => {
  it('is at /inbox, for the approvers of the service', async () => {
    await using server = createDecisionServer({ store: memoryStore(), keys })
    await server.governor.run({ id: '1', name: 'refund', input: { amount: 900 } }, () => 'paid')
    const dana = await new Browser(server.app).signIn('approver-secret')
    expect(await dana.read('/inbox')).toContain('1 waiting')
    const [approval] = await server.governor.approvals.list()
    const path = `/inbox/approvals/${approval?.id}`
    await dana.post(path, { ...(await dana.fields('/inbox', path)), resolution: 'approved' })
    const headers = { 'x-api-key': 'agent-secret' }
    const listed = await server.app.request('/approvals?status=approved', { headers })
    expect(await listed.json()).toMatchObject([{ status: 'approved', resolved_by: 'dana' }])
  })

  it('leaves errors of the service to the service', async () => {
    await using server = createDecisionServer({ store: memoryStore(), keys })
    const answer = await server.app.request('/nowhere')
    expect([answer.status, answer.headers.get('content-type')]).toEqual([404, 'application/json'])
  })

  it('is not there where nobody wants it', async () => {
    await using server = createDecisionServer({ store: memoryStore(), keys, inbox: false })
    expect((await server.app.request('/inbox')).headers.get('content-type')).toBe('application/json')
  })
})
