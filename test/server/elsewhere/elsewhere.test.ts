import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createDecisionServer } from 'countersign/server'
import { sqliteStore } from 'countersign/stores/sqlite'
import { afterAll, describe, expect, it } from 'vitest'

const PROGRAM = fileURLToPath(new URL('./child.ts', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'countersign-'))
afterAll(() => {
  rmSync(folder, { recursive: true })
})

const headersOf = (key: string) => ({ 'x-api-key': key, 'content-type': 'application/json' })

/** Milliseconds from now to the beginning of the last request that was answered as before. */
const lastBefore = async (ask: () => Promise<boolean>): Promise<number> => {
  const from = performance.now()
  for (let last = 0; ;) {
    const begun = performance.now() - from
    if (!(await ask())) return last
    last = begun
    if (last > 10_000) return last
  }
}

describe('a service in another process on the same database', () => {
  it('knows within a second that a rule has changed and that a key has ended', { timeout: 60_000 }, async () => {
    const path = join(folder, 'service.db')
    await using here = createDecisionServer({ store: sqliteStore(path) })
    const admin = await here.keys.create({ label: 'dana', role: 'approver' })
    const agent = await here.keys.create({ label: 'bot' })
    const send = async (method: string, route: string, body: object) =>
      here.app.request(route, { method, headers: headersOf(admin.secret), body: JSON.stringify(body) })
    const rule = { name: 'refunds', domain: 'payments', max_per_day: 1_000_000, max_value: 100 }
    const { rule_id: id } = await (await send('POST', '/rules', rule)).json()

    const child = spawn(process.execPath, [PROGRAM, path], { stdio: ['pipe', 'pipe', 'inherit'] })
    const [port] = (await once(child.stdout.setEncoding('utf8'), 'data')) as [string]
    const there = async () => {
      const body = JSON.stringify({ action: 'refund', value: 50, domain: 'payments' })
      const url = `http://127.0.0.1:${port.trim()}/actions/evaluate`
      const answer = await fetch(url, { method: 'POST', headers: headersOf(agent.secret), body })
      return { status: answer.status, body: (await answer.json()) as { readonly result?: string } }
    }
    expect((await there()).body.result).toBe('allowed')
    await send('PATCH', `/rules/${id}`, { max_value: 10 })
    expect(await lastBefore(async () => (await there()).body.result === 'allowed')).toBeLessThan(1000)
    expect((await there()).body.result).toBe('blocked')
    await send('DELETE', `/api-keys/${agent.id}`, { reason: 'lost' })
    expect(await lastBefore(async () => (await there()).status === 200)).toBeLessThan(1000)
    expect((await there()).status).toBe(401)

    child.stdin.end()
    const [code] = (await once(child, 'close')) as [number]
    expect(code).toBe(0)
  })
})
