import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'

const run = promisify(execFile)
const root = new URL('../../', import.meta.url).pathname
const env = { ...process.env, OPENAI_API_KEY: '' }

describe('the demo', () => {
  it('runs both frameworks under one governor and prints its figures', async () => {
    const { stdout } = await run(process.execPath, ['examples/support-desk/main.ts', '--json'], { cwd: root, env })
    const figures = JSON.parse(stdout) as { frameworks: unknown; decisions: number; database: string }
    const each = { executed: 2, blocked: 1, approval_required: 1 }
    expect(figures.frameworks).toEqual({ 'ai-sdk': each, langchain: each })
    expect(figures.decisions).toBe(8)
    expect(existsSync(figures.database)).toBe(true)
  })

  it('shows each call with its decision and reason, and a table at the end', async () => {
    const { stdout } = await run(process.execPath, ['examples/support-desk/main.ts'], { cwd: root, env })
    expect(stdout).toMatch(/langchain +refund +requires_approval +approval_required +a refund of 2500 is over 100/)
    expect(stdout).toMatch(/ai-sdk +2 +1 +1/)
  })
})

describe('the demo with a decision service', () => {
  it('asks it besides the policy, which stays as strict as it was, and reports to it', async () => {
    const args = ['examples/support-desk/main.ts', '--json', '--remote']
    const { stdout } = await run(process.execPath, args, { cwd: root, env })
    const figures = JSON.parse(stdout) as { frameworks: unknown; reports: { delivered: number; waiting: number } }
    // The agent waits for an answer about its first refund.
    const each = { executed: 1, blocked: 0, approval_required: 1 }
    expect(figures.frameworks).toEqual({ 'ai-sdk': each, langchain: each })
    expect(figures.reports.waiting).toBe(0)
    expect(figures.reports.delivered).toBe(6)
  })

  it('asks one that is there, and lets nothing run that only it could allow when it is not', async () => {
    const args = ['examples/support-desk/main.ts', '--json', '--remote', 'http://127.0.0.1:9']
    const remote = { ...env, COUNTERSIGN_API_KEY: 'key' }
    const { stdout } = await run(process.execPath, args, { cwd: root, env: remote })
    const each = { executed: 0, blocked: 4, approval_required: 0 }
    expect((JSON.parse(stdout) as { frameworks: unknown }).frameworks).toEqual({ 'ai-sdk': each, langchain: each })
  })

  it.each([
    [['--remote', 'http://example.com'], { COUNTERSIGN_API_KEY: 'key' }, 'expected https'],
    [['--remote=https://example.com'], {}, 'set COUNTERSIGN_API_KEY'],
  ])('says what is wrong with %j', async (args, variables, message) => {
    const running = run(process.execPath, ['examples/support-desk/main.ts', ...args], {
      cwd: root,
      env: { ...env, COUNTERSIGN_API_KEY: '', ...variables },
    })
    await expect(running).rejects.toMatchObject({ code: 2, stderr: expect.stringContaining(message) as string })
  })
})

describe('the forged approval', () => {
  it('executes on the bare framework and not on ours', async () => {
    const { stdout } = await run(process.execPath, ['examples/forged-approval/main.ts'], { cwd: root, env })
    expect(stdout).toBe('bare:     paid 1000000\ngoverned: paid 0\n')
  })
})
