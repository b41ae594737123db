import { describe, expect, it } from 'vitest'
import { SIGNALS } from '../../../src/learn/signals.js'
import { SIGNAL_NAMES } from '../../../src/learn/signal-names.js'
import { ask, serve, sessionOf, teach } from './support.js'

const CALL = {
  tool: 'send_mail',
  arguments: { to: 'ada@example.com', body: 'hello there' },
  context: 'mail ada@example.com',
}

describe('features of a decision service', () => {
  it('have a name for each signal there is, and no name twice', () => {
    expect(SIGNAL_NAMES).toHaveLength(SIGNALS)
    expect(new Set(SIGNAL_NAMES.map(({ key }) => key)).size).toBe(SIGNALS)
  })

  it('of a decision are those it was decided with', async () => {
    const { server, clock } = serve()
    await using _ = server
    const governor = sessionOf(server)
    const ids = await teach(governor, clock)
    const id = ids.at(-1) ?? ''
    const learned = (await governor.decisions.get(id))?.learned
    const { body } = await ask(server, 'POST /features/compute', { case_id: id, org_id: 'acme', case_data: {} })
    expect(body).toMatchObject({
      source: 'recorded',
      features: {
        value: 107,
        risk: learned?.risk,
        error_risk: learned?.errorRisk,
        evidence_tool: learned?.evidence.tool,
        familiar: learned?.evidence.familiar,
        values: 2,
        entities_seen: expect.any(Number),
      },
    })
    const explained = (await ask(server, `GET /features/explain/${id}/risk`)).body
    expect(explained).toMatchObject({ feature: 'risk', group: 'estimate', value: learned?.risk, source: 'recorded' })
    expect((await ask(server, `GET /features/explain/${id}`)).body.explanations).toHaveLength(68)
    expect((await ask(server, `GET /features/explain/${id}/luck`)).status).toBe(404)
    expect((await ask(server, `GET /features/export/${id}`)).body.row).toMatchObject({
      case_id: id,
      label: 1,
      value: 107,
    })
    const rows = (await ask(server, 'POST /features/export/batch', { case_ids: ids })).body
    expect(rows.rows.map(({ label }: { label: number }) => label)).toEqual([0, 1, 0, 1, 0, 1, 0, 1])
    expect((await ask(server, 'GET /features/stats')).body).toMatchObject({ cases: 8, measured: 8, features: 68 })
  })

  it('of a call that was sent are what can be seen of it alone, and null where a past is needed', async () => {
    const { server } = serve()
    await using _ = server
    const { body } = await ask(server, 'POST /features/compute', { case_id: 'new', org_id: 'acme', case_data: CALL })
    expect(body).toMatchObject({
      case_id: 'new',
      source: 'computed',
      features: { values: 2, entities: 1, risk: null, actor_risk: null, calls: null, value: null },
    })
    // Both words of the address were said, and neither of the text.
    const unsaid = { ...CALL, context: 'do something else' }
    const other = (await ask(server, 'POST /features/compute', { case_data: unsaid })).body.features
    expect(other.words_said).toBeLessThan(body.features.words_said)
    expect(await ask(server, 'POST /features/compute', { case_id: 'newer' })).toMatchObject({
      status: 422,
      body: { detail: [{ loc: ['body', 'case_data'], type: 'value_error' }] },
    })
    const schema = (await ask(server, 'GET /features/schema')).body.features
    expect(schema.map(({ feature }: { feature: string }) => feature)).toEqual(Object.keys(body.features))
  })

  it('are computed for many at once, or it is said which one cannot be', async () => {
    const { server } = serve()
    await using _ = server
    const cases = [
      { case_id: 'a', case_data: CALL },
      { case_id: 'b', case_data: { action: 'pay', value: 7 } },
    ]
    const { body } = await ask(server, 'POST /features/compute/batch', { cases })
    expect(body).toMatchObject({ total: 2, results: [{ case_id: 'a' }, { case_id: 'b', features: { value: 7 } }] })
    const bad = await ask(server, 'POST /features/compute/batch', { cases: [...cases, { case_id: 'c' }] })
    expect(bad).toMatchObject({ status: 422, body: { detail: [{ loc: ['body', 'cases', 2, 'case_data'] }] } })
    const many = Array.from({ length: 501 }, () => cases[0])
    expect((await ask(server, 'POST /features/compute/batch', { cases: many })).status).toBe(422)
  })

  it('can be kept, found again, and held against each other', async () => {
    const { server, clock } = serve()
    await using _ = server
    const ids = await teach(sessionOf(server), clock)
    const { body: kept } = await ask(server, 'POST /features/snapshot', { case_id: ids[0], tag: 'before' })
    expect((await ask(server, `GET /features/snapshot/${kept.snapshot_id}`)).body).toEqual(kept)
    await ask(server, 'POST /features/snapshot', { case_id: ids[7], tag: 'after' })
    const tags = async (query: string) =>
      (await ask(server, `GET /features/snapshots${query}`)).body.snapshots.map(({ tag }: { tag: string }) => tag)
    expect(await tags('')).toEqual(['after', 'before'])
    expect(await tags('?tag=before')).toEqual(['before'])
    expect(await tags(`?case_id=${ids[7]}`)).toEqual(['after'])
    const { body } = await ask(server, 'POST /features/compare', { snapshot_id_a: kept.snapshot_id, case_id_b: ids[7] })
    expect(body.differences).toContainEqual({
      feature: 'value',
      group: 'call',
      a: 100,
      b: 107,
      delta: 7,
      changed: true,
    })
    expect(body.differences.every(({ a, b }: { a: number; b: number }) => a !== b)).toBe(true)
    const whole = { case_id_a: ids[0], case_id_b: ids[0], changed_only: false }
    expect((await ask(server, 'POST /features/compare', whole)).body).toMatchObject({ total: 68, compared: 68 })
    expect((await ask(server, 'POST /features/compare', { case_id_a: ids[0] })).status).toBe(422)
  })

  it('are seen by their own tenant alone', async () => {
    const { server, clock } = serve()
    await using _ = server
    const [id] = await teach(sessionOf(server), clock)
    const { body: kept } = await ask(server, 'POST /features/snapshot', { case_id: id })
    const status = async (route: string) => (await ask(server, route, undefined, 'globex')).status
    expect(await status(`GET /features/snapshot/${kept.snapshot_id}`)).toBe(404)
    expect(await status(`GET /features/export/${id}`)).toBe(404)
    expect((await ask(server, 'GET /features/snapshots', undefined, 'globex')).body.snapshots).toEqual([])
  })
})
