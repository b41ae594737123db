import { postgresStore } from 'countersign/stores/postgres'
import { expect, it } from 'vitest'
import { onPostgres } from '../../stores/on-postgres.ts'
import { ask, serve } from '../asking.ts'

const RULE = { name: 'refunds', domain: 'payments', max_per_day: 2, max_value: 100, cooldown_seconds: 0 }

await onPostgres('a service on PostgreSQL', server => {
  it('keeps keys, rules, their versions and what happened, each tenant its own, for all that share the database', async () => {
    const url = server.url(await server.database())
    await using here = serve({ store: postgresStore(url) })
    await using there = serve({ store: postgresStore(url) })
    const { key, key_id: keyId } = (await ask(here, 'POST /api-keys', { body: { label: 'bot' } })).body
    const { rule_id: id } = (await ask(here, 'POST /rules', { body: RULE })).body
    await ask(here, 'POST /rules', { as: 'other-secret-of-the-tests', body: { ...RULE, max_value: 1 } })
    const refund = async (value: number) => {
      const body = { action: 'refund', value, domain: 'payments' }
      return (await ask(there, 'POST /actions/evaluate', { as: key, body })).body.result
    }
    expect([await refund(50), await refund(500), await refund(50), await refund(50)]).toEqual([
      'allowed',
      'blocked',
      'allowed',
      'blocked',
    ])
    expect((await ask(there, `GET /rules/${id}`)).body).toMatchObject({ usage_today: 2, blocked_total: 2 })
    const change = (value: number) =>
      ask(there, `POST /rules/${id}/apply_patch`, {
        body: { patch: [{ op: 'replace', path: '/max_value', value }], preview: false, if_match_version: 1 },
      })
    const answers = await Promise.all([change(7), change(8)])
    expect(answers.map(({ status }) => String(status)).toSorted()).toEqual(['200', '409'])
    expect((await ask(here, `GET /rules/${id}/versions`)).body).toHaveLength(2)
    expect((await ask(here, 'GET /rules')).body).toHaveLength(1)
    await ask(here, `POST /api-keys/${keyId}/rotate`)
    const { body } = await ask(there, 'GET /events')
    expect(body.events.map((event: any) => event.event_type).toSorted()).toEqual([
      ...Array.from({ length: 4 }, () => 'decision_event.created'),
      'rule.created',
      'rule.patch_applied',
    ])
    expect((await ask(here, 'GET /rules', { as: key })).status).toBe(401)
  })
})
