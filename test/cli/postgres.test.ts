import { createGovernor } from 'countersign'
import { postgresStore } from 'countersign/stores/postgres'
import { beforeAll, expect, it } from 'vitest'
import { onPostgres } from '../stores/on-postgres.ts'
import { place } from './command.ts'

await onPostgres('the command line on PostgreSQL', server => {
  let url = ''
  beforeAll(async () => {
    url = server.url(await server.database())
    await using governor = createGovernor({ store: postgresStore(url) })
    await governor.run({ id: '1', name: 'refund', input: { amount: 900 } }, () => 'paid')
  })

  it('looks, answers, verifies and ends by itself, with the URL from the environment', async () => {
    using at = place()
    const env = { COUNTERSIGN_DATABASE: url }
    const [held] = await at.json(['approvals', 'list'], env)
    expect(await at.json(['approvals', 'approve', held.id, '--by', 'dana'], env)).toMatchObject({ status: 'approved' })
    expect(await at.json(['audit', 'verify'], env)).toMatchObject({ ok: true })
    const findings = await at.json(['doctor'], env)
    expect(findings.filter(({ status }: any) => status === 'fail')).toEqual([])
    expect(JSON.stringify(findings)).not.toContain('owner:owner')
  })

  it('works within the schema that is named, typed or in the environment, and in no other', async () => {
    using at = place()
    const env = { COUNTERSIGN_DATABASE: url, COUNTERSIGN_SCHEMA: 'team_b' }
    expect(await at.json(['decisions', 'list', '--schema', 'team_a'], env)).toEqual([])
    await at.json(['demo', '--no-wait'], env)
    expect((await at.json(['decisions', 'list'], env)).length).toBeGreaterThan(1)
    expect(await at.json(['decisions', 'list', '--schema', 'team_a'], env)).toEqual([])
    const shared = await at.json(['decisions', 'list'], { COUNTERSIGN_DATABASE: url })
    expect(shared.map(({ tool }: any) => tool)).toEqual(['refund'])
    await using service = await at.serve(['--schema', 'team_a'], env)
    expect(service.announced).toMatchObject({ schema: 'team_a' })
  })

  it('serves, stops when it is told to, and says which database it is without its password', async () => {
    using at = place()
    const service = await at.serve([], { COUNTERSIGN_DATABASE: url })
    expect(service.announced.database).toBe(url.replace('owner:owner@', ''))
    const headers = { 'x-api-key': service.announced.keys.agent }
    expect(await (await fetch(`${service.url}/approvals?status=all`, { headers })).json()).toHaveLength(1)
    service.child.kill('SIGTERM')
    expect((await service.ended).code).toBe(0)
  })
})
