import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { loadPolicy } from 'countersign'
import { standInService } from 'countersign/testing'
import { describe, expect, it } from 'vitest'
import { place } from './command.ts'

describe('init', () => {
  it('writes a policy that loads, asks nothing, and says what is next', async () => {
    using at = place()
    const { code, stdout, stderr } = await at.run(['init'])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toBe('Wrote countersign.yaml. Change it to your tools, then:\n  $ countersign serve\n')
    const policy = loadPolicy(join(at.directory, 'countersign.yaml'))
    expect(policy.rules.map(({ id }) => id)).toContain('no-sql-drop')
  })

  it('never overwrites, unless it is told to', async () => {
    using at = place()
    const file = join(at.directory, 'mine', 'policy.yaml')
    expect((await at.run(['init', 'mine/policy.yaml'])).stdout).toContain('countersign serve --policy mine/policy.yaml')
    writeFileSync(file, 'rules: []')
    const { code, stderr } = await at.run(['init', 'mine/policy.yaml'])
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('--force') })
    expect(readFileSync(file, 'utf8')).toBe('rules: []')
    expect(await at.json(['init', 'mine/policy.yaml', '--force'])).toEqual({
      written: 'mine/policy.yaml',
      next: 'countersign serve --policy mine/policy.yaml',
    })
    expect(readFileSync(file, 'utf8')).not.toBe('rules: []')
  })
})

describe('demo', () => {
  it('shows a call that is allowed, one that is denied, and one that is held, with how to answer it', async () => {
    using at = place()
    const { code, stdout, stderr } = await at.run(['demo'])
    expect(code).toBe(0)
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .map(line => line.slice(0, 45).trim()),
    ).toEqual([
      'Look at order 1001          executed',
      'Refund its 40               executed',
      'Clean up the test orders    blocked',
      'Refund 2500 for order 1002  approval_required',
    ])
    const [, id = ''] = /countersign approvals approve (\S+)/.exec(stderr) ?? []
    expect(await at.run(['approvals', 'approve', id])).toMatchObject({ code: 0 })
  })

  it('waits for the answer when it is told to, and then makes the call', async () => {
    using at = place()
    const waiting = at.json(['demo', '--wait'])
    let held: { readonly id: string } | undefined
    while (held === undefined) {
      const { stdout } = await at.run(['approvals', 'list', '--json'])
      held = stdout === '' ? undefined : JSON.parse(stdout)[0]
    }
    await at.json(['approvals', 'approve', held.id])
    expect((await waiting).map(({ status }: any) => status)).toEqual(['executed', 'executed', 'blocked', 'executed'])
  })

  it('can ask a decision service as well, which can only be stricter', async () => {
    using at = place()
    const service = await standInService({
      decide: ({ target }) =>
        target === '1001'
          ? {
              recommendation: 'do_not_proceed',
              result: 'blocked',
              enforced_verdict: 'blocked',
              reason: 'refunded before',
            }
          : { recommendation: 'proceed', enforced_verdict: 'allowed' },
    })
    const env = { COUNTERSIGN_API_KEY: 'agent-key' }
    const calls = await at.json(['demo', '--remote', service.url], env)
    expect(calls.map(({ status }: any) => status)).toEqual(['executed', 'blocked', 'blocked', 'approval_required'])
    await service.close()
    expect((await at.run(['demo', '--remote', service.url])).code).toBe(2)
  })
})
