import { serve as listen, type ServerType } from '@hono/node-server'
import { createGovernor, type Governor, memoryStore, remoteDecisions } from 'countersign'
import { createDecisionServer, type DecisionServer } from 'countersign/server'
import { sqliteStore } from 'countersign/stores/sqlite'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { KEYS, POLICY } from './support.js'

/** A service on a port, and a governor that asks it instead of deciding itself. */
interface World {
  readonly governor: Governor
  readonly server: DecisionServer
  readonly approve: (resolution: 'approved' | 'denied', comment?: string) => Promise<void>
}

const ends: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end()
})

const world = async (store = memoryStore()): Promise<World> => {
  const server = createDecisionServer({ store, keys: KEYS, policy: POLICY, inbox: false })
  let http: ServerType | undefined
  const url = await new Promise<string>(resolve => {
    http = listen({ fetch: server.app.fetch, hostname: '127.0.0.1', port: 0 }, ({ port }: AddressInfo) => {
      resolve(`http://127.0.0.1:${port}`)
    })
  })
  const governor = createGovernor({
    store: memoryStore(),
    decisions: remoteDecisions({ baseUrl: url, apiKey: 'agent-key-of-the-tests', approvals: { pollMs: 20 } }),
    tools: { refund: { value: ({ amount }: { readonly amount: number }) => amount } },
  })
  ends.push(
    () => server.close(),
    () => new Promise(resolve => http?.close(resolve)),
    () => governor.close(),
  )
  const approve: World['approve'] = async (resolution, comment) => {
    const headers = { 'x-api-key': 'approver-key-of-the-tests', 'content-type': 'application/json' }
    const listed = await fetch(`${url}/approvals`, { headers })
    const [open] = (await listed.json()) as readonly { readonly request_id: string }[]
    const body = JSON.stringify({ resolution, comment })
    const answer = await fetch(`${url}/approvals/${open?.request_id}/resolve`, { method: 'POST', headers, body })
    expect(answer.status).toBe(200)
  }
  return { governor, server, approve }
}
const refund = (amount: number, id = '1') => ({ id, name: 'refund', input: { amount } })
const within = { sessionId: 'conversation-1' }

describe.each([
  ['memory', () => memoryStore()],
  ['SQLite', () => sqliteStore(':memory:')],
] as const)('a governor that asks a service on %s', (_name, store) => {
  it('does as the service decides: its rules hold, and its reasons are told', async () => {
    const { governor } = await world(store())
    const small = await governor.run(refund(50), () => 'paid', within)
    const drop = await governor.run({ id: '2', name: 'drop', input: {} }, () => 'gone', within)
    expect([small.status, drop.status]).toEqual(['executed', 'blocked'])
    expect(drop).toMatchObject({ message: expect.stringContaining('never') })
  })

  it('runs what is held once a person has approved it there, once, however often it comes back', async () => {
    const { governor, server, approve } = await world(store())
    let paid = 0
    const running = governor.run(refund(900), () => ++paid, { ...within, waits: true })
    await expect.poll(() => server.governor.approvals.list({ status: 'pending' })).toHaveLength(1)
    expect(paid).toBe(0)
    await approve('approved')
    expect((await running).status).toBe('executed')
    const again = await governor.run(refund(900), () => ++paid, { ...within, resumed: true })
    expect(again.status).toBe('executed')
    expect(paid).toBe(1)
    expect(await governor.approvals.list()).toMatchObject([{ status: 'consumed', by: 'dana' }])
    expect(await server.governor.approvals.list()).toMatchObject([{ status: 'consumed', by: 'dana' }])
  })

  it('has a person asked anew where what comes back under the same id has other arguments, or is of another person', async () => {
    const { governor, server, approve } = await world(store())
    const paid: unknown[] = []
    const bring = (order: string, scope: object = {}) => {
      const input = { amount: 900, order }
      return governor.run({ id: '1', name: 'refund', input }, () => paid.push(order), { ...within, ...scope })
    }
    const running = bring('A', { waits: true, user: 'ada' })
    await expect.poll(() => server.governor.approvals.list({ status: 'pending' })).toHaveLength(1)
    await approve('approved')
    expect((await running).status).toBe('executed')
    // The service is told neither: it sees the same action, on the same value.
    expect((await bring('B', { user: 'ada' })).status).toBe('approval_required')
    expect((await bring('A', { user: 'eve' })).status).toBe('approval_required')
    expect(paid).toEqual(['A'])
    expect(await server.governor.approvals.list({ status: 'pending' })).toHaveLength(2)
  })

  it('refuses what a person has denied there, and tells why', async () => {
    const { governor, server, approve } = await world(store())
    const running = governor.run(refund(900), () => 'paid', { ...within, waits: true })
    await expect.poll(() => server.governor.approvals.list({ status: 'pending' })).toHaveLength(1)
    await approve('denied', 'not our customer')
    expect(await running).toMatchObject({ status: 'blocked', message: expect.stringContaining('not our customer') })
  })

  it('tells the service how calls ended', async () => {
    const { governor, server } = await world(store())
    const { decision } = await governor.run(refund(50), () => 'paid', within)
    await governor.reports.flush()
    const record = await server.governor.decisions.get(decision.service?.requestId ?? '')
    expect(record?.outcomes).toMatchObject([{ status: 'SUCCESS' }])
  })

  it('runs nothing that the kill switch of the service stops', async () => {
    const { governor, server } = await world(store())
    await server.governor.killSwitch.activate({ by: 'dana', reason: 'stop' })
    expect((await governor.run(refund(5), () => 'paid', within)).status).toBe('blocked')
  })
})
