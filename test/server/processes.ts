import { afterAll, expect, it } from 'vitest'
import type { Place } from './place.js'
import { type ServiceProcess as Service, startService } from './service-process.js'

/** What must hold where several services use one store, and whoever asks and whoever answers talk to different ones. */
export function acrossProcesses(fresh: () => Promise<Place>): void {
  const running: Service[] = []
  const two = async (): Promise<readonly [Service, Service]> => {
    const place = await fresh()
    const one = await startService({ place })
    const other = await startService({ place })
    running.push(one, other)
    return [one, other]
  }
  afterAll(() => Promise.all(running.map(service => service.kill())))
  const call = (action: string, id: string) => ({ action, actor: 'bot', context: { session_id: 's', call_id: id } })
  const EVALUATE = 'POST /actions/evaluate'

  it('counts a call once, whichever of them is asked, and lets nothing past a limit', async () => {
    const [one, other] = await two()
    const asked = ['1', '2', '3', '4', '5'].flatMap(id => [one, other, one].map(service => ({ id, service })))
    const answers = await Promise.all(
      asked.map(async ({ id, service }) =>
        Object.assign(
          (await service.ask(EVALUATE, call('mail', id))).body as {
            result: string
            request_id: string
            warnings: string[]
          },
          { id },
        ),
      ),
    )
    const allowed = answers.filter(({ result }) => result === 'allowed')
    expect(new Set(allowed.map(({ id }) => id)).size).toBe(3)
    // One decision for each call that goes on, and one answer of it that says so for the first time.
    expect(new Set(allowed.map(({ request_id: id }) => id)).size).toBe(3)
    expect(allowed.filter(({ warnings }) => warnings.length === 0)).toHaveLength(3)
    expect(allowed).toHaveLength(9)
  }, 60_000)

  it('uses an approval up once, though both are asked to go on at the same time', async () => {
    const [one, other] = await two()
    const held = (await one.ask(EVALUATE, call('refund', 'r'))).body
    expect(held).toMatchObject({ result: 'requires_approval' })
    const path = `POST /approvals/${held.request_id}/resolve`
    const said = await other.ask(path, { resolution: 'approved' }, { key: 'dana-key-of-the-tests' })
    expect(said.status).toBe(200)
    const answers = await Promise.all(
      [one, other, one, other, one, other].map(
        async service => (await service.ask(EVALUATE, call('refund', 'r'))).body,
      ),
    )
    expect(answers.map(({ result }) => result)).toEqual(answers.map(() => 'allowed'))
    expect(new Set(answers.map(({ request_id: id }) => id))).toEqual(new Set([held.request_id]))
    expect(answers.filter(({ warnings }) => warnings.length === 0)).toHaveLength(1)
    const listed = (await one.ask('GET /approvals?status=approved')).body
    expect(listed).toMatchObject([{ request_id: held.request_id, consumed: true, resolved_by: 'dana' }])
  }, 60_000)

  it('takes one of two answers that contradict each other', async () => {
    const [one, other] = await two()
    const held = (await one.ask(EVALUATE, call('refund', 'x'))).body
    const path = `POST /approvals/${held.request_id}/resolve`
    const [yes, no] = await Promise.all([
      one.ask(path, { resolution: 'approved' }, { key: 'dana-key-of-the-tests' }),
      other.ask(path, { resolution: 'denied' }, { key: 'eve-key-of-the-tests' }),
    ])
    expect([yes.status, no.status].toSorted((a, b) => a - b)).toEqual([200, 409])
    const { result } = (await other.ask(EVALUATE, call('refund', 'x'))).body
    expect(result).toBe(yes.status === 200 ? 'allowed' : 'blocked')
  }, 60_000)

  it('serves a keyed request once, though both are asked', async () => {
    const [one, other] = await two()
    const body = { action: 'look', actor: 'bot' }
    const answers = await Promise.all(
      [one, other, one, other].map(service => service.ask(EVALUATE, body, { repeat: 'k' })),
    )
    expect(new Set(answers.map(answer => answer.body.request_id)).size).toBe(1)
  }, 60_000)

  it('stops both when one is told to', async () => {
    const [one, other] = await two()
    const { switch_id: id } = (await one.ask('POST /kill-switch/activate', { reason: 'odd' })).body
    expect((await other.ask(EVALUATE, call('look', '1'))).body).toMatchObject({ blocked_by: 'kill_switch' })
    expect((await other.ask(`POST /kill-switch/deactivate/${id}`, {}, { key: 'eve-key-of-the-tests' })).status).toBe(
      200,
    )
    expect((await one.ask(EVALUATE, call('look', '1'))).body).toMatchObject({ result: 'allowed' })
  }, 60_000)

  it('stops a domain and what a rule is about in both, and nothing else', async () => {
    const [one, other] = await two()
    const boss = { key: 'dana-key-of-the-tests' }
    const asks = (domain: string, id: string) => ({ ...call('look', id), domain })
    const { switch_id: id } = (await one.ask('POST /kill-switch/activate', { reason: 'odd', domain: 'payments' })).body
    expect((await other.ask(EVALUATE, asks('payments', '1'))).body).toMatchObject({ blocked_by: 'kill_switch' })
    expect((await other.ask(EVALUATE, asks('mail', '2'))).body).toMatchObject({ result: 'allowed' })
    await other.ask(`POST /kill-switch/deactivate/${id}`, {}, boss)
    const rule = { name: 'r', domain: 'pay*', max_per_day: 9, max_value: 9 }
    const { rule_id } = (await one.ask('POST /rules', rule, boss)).body
    await other.ask('POST /kill-switch/activate', { reason: 'odd', rule_id })
    expect((await one.ask(EVALUATE, asks('payroll', '3'))).body).toMatchObject({ blocked_by: 'kill_switch' })
    expect((await one.ask(EVALUATE, asks('mail', '4'))).body).toMatchObject({ result: 'allowed' })
    expect((await one.ask(`DELETE /rules/${rule_id}`, undefined, boss)).status).toBe(409)
  }, 60_000)

  it('loses nothing that was acknowledged when one is killed in the middle, and decides nothing twice', async () => {
    const [one, other] = await two()
    const acknowledged = new Map<string, string>()
    const sent: string[] = []
    const ask = async (lane: number): Promise<void> => {
      for (let count = 0; ; count++) {
        const key = `${lane}-${count}`
        sent.push(key)
        try {
          const { status, body } = await one.ask(EVALUATE, { action: 'look', actor: `bot-${key}` }, { repeat: key })
          if (status !== 200) return
          acknowledged.set(key, body.request_id)
        } catch {
          return
        }
        if (acknowledged.size >= 150) await one.kill()
      }
    }
    await Promise.all(Array.from({ length: 8 }, (_, lane) => ask(lane)))
    expect(acknowledged.size).toBeGreaterThanOrEqual(150)
    expect(sent.length).toBeGreaterThan(acknowledged.size)
    for (const [key, id] of acknowledged) {
      const again = await other.ask(EVALUATE, { action: 'look', actor: `bot-${key}` }, { repeat: key })
      expect(again.body).toMatchObject({ request_id: id, result: 'allowed' })
    }
    // What was sent and not acknowledged was decided once, or not at all; asked again, it is decided once.
    for (const key of sent) await other.ask(EVALUATE, { action: 'look', actor: `bot-${key}` }, { repeat: key })
    const stats = (await other.ask('GET /actions/observer/stats')).body
    expect(stats.all_time.total).toBe(sent.length)
  }, 120_000)
}
