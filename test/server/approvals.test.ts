import { memoryStore } from 'countersign'
import { createDecisionServer } from 'countersign/server'
import { describe, expect, it } from 'vitest'

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
    const again = await server.app.request(path, resolve)
    expect(again.status).toBe(409)
    expect(await again.json()).toMatchObject({ detail: { code: 'already_resolved' } })
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
