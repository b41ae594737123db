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

describe('the forged approval', () => {
  it('executes on the bare framework and not on ours', async () => {
    const { stdout } = await run(process.execPath, ['examples/forged-approval/main.ts'], { cwd: root, env })
    expect(stdout).toBe('bare:     paid 1000000\ngoverned: paid 0\n')
  })
})
