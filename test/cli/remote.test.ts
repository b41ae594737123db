import { standInService } from 'countersign/testing'
import { describe, expect, it } from 'vitest'
import { place } from './command.ts'

const env = { COUNTERSIGN_API_KEY: 'agent-key', COUNTERSIGN_APPROVER_KEY: 'approver-key' }

describe('any service that speaks the protocol', () => {
  it('is told how calls turned out', async () => {
    using at = place()
    const service = await standInService()
    const answer = await fetch(`${service.url}/actions/evaluate`, {
      method: 'POST',
      headers: { 'x-api-key': 'agent-key', 'content-type': 'application/json' },
      body: JSON.stringify({ action: 'refund', value: 40 }),
    })
    const { request_id: id } = (await answer.json()) as { readonly request_id: string }
    const report = ['outcomes', 'report', id, 'FRAUD', '--description', 'stolen card', '--tag', 'cards']
    expect(await at.run(report, { ...env, COUNTERSIGN_URL: service.url })).toEqual({
      code: 0,
      stdout: `Reported FRAUD of ${id}.\n`,
      stderr: '',
    })
    const stored = await fetch(`${service.url}/outcomes/${id}`, { headers: { 'x-api-key': 'agent-key' } })
    expect(await stored.json()).toMatchObject({ status: 'FRAUD', description: 'stolen card' })
    await service.close()
  })

  it('makes keys, which are shown once; lists them without their secret; revokes and rotates them', async () => {
    using at = place()
    const service = await standInService()
    const keys = { ...env, COUNTERSIGN_URL: service.url }
    const made = await at.run(['keys', 'create', 'support-agent', '--expires-in-days', '90'], keys)
    const secret = made.stdout.trim()
    expect(made).toMatchObject({ code: 0, stderr: expect.stringContaining('shown once') })
    const works = (key: string) =>
      fetch(`${service.url}/approvals`, { headers: { 'x-api-key': key } }).then(({ status }) => status)
    expect(await works(secret)).toBe(200)
    const listed = await at.run(['keys', 'list', '--json'], keys)
    expect(listed.stdout).not.toContain(secret)
    const [key] = JSON.parse(listed.stdout)
    expect(key).toMatchObject({ label: 'support-agent', keyId: expect.any(String) })
    const rotated = (await at.run(['keys', 'rotate', key.keyId], keys)).stdout.trim()
    expect([await works(secret), await works(rotated)]).toEqual([401, 200])
    const [{ keyId }] = await at.json(['keys', 'list'], keys)
    expect(await at.json(['keys', 'revoke', keyId, '--reason', 'leaked'], keys)).toMatchObject({ revoked: true })
    expect(await works(rotated)).toBe(401)
    const agent = await at.run(['keys', 'create'], { COUNTERSIGN_URL: service.url, COUNTERSIGN_API_KEY: 'agent-key' })
    expect(agent).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining("an approver's key") })
    await service.close()
  })
})
