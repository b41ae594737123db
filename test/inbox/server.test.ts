import { memoryStore } from 'countersign'
import { createDecisionServer } from 'countersign/server'
import { describe, expect, it } from 'vitest'
import { Browser } from './support/inbox.js'

const keys = [
  { key: 'agent-secret-of-the-tests', role: 'agent' },
  { key: 'approver-secret-of-the-tests', role: 'approver', name: 'dana' },
] as const

describe('the inbox of a decision service', () => {
  it('is at /inbox, for the approvers of the service', async () => {
    await using server = createDecisionServer({ store: memoryStore(), keys })
    await server.governor.run({ id: '1', name: 'refund', input: { amount: 900 } }, () => 'paid')
    const dana = await new Browser(server.app).signIn('approver-secret-of-the-tests')
    expect(await dana.read('/inbox')).toContain('1 waiting')
    const [approval] = await server.governor.approvals.list()
    const path = `/inbox/approvals/${approval?.id}`
    await dana.post(path, { ...(await dana.fields('/inbox', path)), resolution: 'approved' })
    const headers = { 'x-api-key': 'agent-secret-of-the-tests' }
    const listed = await server.app.request('/approvals?status=approved', { headers })
    expect(await listed.json()).toMatchObject([{ status: 'approved', resolved_by: 'dana' }])
  })

  it('takes no answer of whoever asked for the call with the same key, whatever name the call gives, and says so on the card', async () => {
    await using server = createDecisionServer({ store: memoryStore(), keys })
    const [, { key }] = keys
    const asked = await server.app.request('/actions/evaluate', {
      method: 'POST',
      headers: { 'x-api-key': key, 'content-type': 'application/json' },
      body: JSON.stringify({ action: 'refund', actor: 'somebody', value: 900 }),
    })
    expect(await asked.json()).toMatchObject({ result: 'requires_approval' })
    const successor = await server.keys.create({ role: 'approver', label: 'dan' }, await server.keys.find(key))
    const [approval] = await server.governor.approvals.list()
    const path = `/inbox/approvals/${approval?.id}`
    for (const secret of [key, successor.secret]) {
      const visitor = await new Browser(server.app).signIn(secret)
      expect(await visitor.read('/inbox')).toContain('the credential that asked for this call cannot answer it')
      const fields = { ...(await visitor.fields('/inbox/stop', '/inbox/stop')), digest: approval?.digest ?? '' }
      const refused = await visitor.post(path, { ...fields, resolution: 'approved' })
      expect([refused.status, await refused.text()]).toEqual([403, expect.stringContaining('cannot answer it')])
    }
    expect(await server.governor.approvals.list({ status: 'pending' })).toHaveLength(1)
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
