import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { hold, place, type Place } from './command.ts'

const KEYS = { COUNTERSIGN_API_KEY: 'agent-key-of-the-test', COUNTERSIGN_APPROVER_KEY: 'approver-key-of-the-test' }
const headers = { 'x-api-key': KEYS.COUNTERSIGN_APPROVER_KEY, 'content-type': 'application/json' }
const approve = (url: string, id: string): Promise<Response> =>
  fetch(`${url}/approvals/${id}/resolve`, { method: 'POST', headers, body: JSON.stringify({ resolution: 'approved' }) })

describe('serve', () => {
  it('takes a key that can be guessed on this machine alone, and says so without telling it', async () => {
    using at = place()
    await using service = await at.serve(['--api-key', 'guess-me'])
    const answer = await fetch(`${service.url}/actions/status`, { headers: { 'x-api-key': 'guess-me' } })
    expect(answer.status).toBe(200)
    service.child.kill('SIGINT')
    const { stderr } = await service.ended
    expect(stderr).toMatch(/Warning: --api-key: expected 16 characters or more/)
    expect(stderr).not.toContain('guess-me')
  })

  it('says where it is, and makes the keys that were not given, which are shown this once', async () => {
    using at = place()
    await using service = await at.serve()
    const { url, database, mode, keys } = service.announced
    expect({ url, database, mode }).toEqual({
      url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      database: '.countersign/countersign.db',
      mode: 'enforced',
    })
    const list = (key: string) => fetch(`${url}/approvals`, { headers: { 'x-api-key': key } })
    expect(
      await Promise.all([keys.agent, keys.approver, 'another'].map(async key => (await list(key)).status)),
    ).toEqual([200, 200, 401])
    service.child.kill('SIGINT')
    expect(await service.ended).toMatchObject({ code: 0, stderr: expect.stringContaining('shown this once') })
  })

  it('makes keys at the first start only: they hold at the next one, which shows none', async () => {
    using at = place()
    const first = await at.serve()
    const { agent, approver } = first.announced.keys
    first.child.kill('SIGTERM')
    await first.ended
    await using second = await at.serve()
    expect(second.announced.keys).toEqual({})
    const env = { COUNTERSIGN_URL: second.url, COUNTERSIGN_API_KEY: agent, COUNTERSIGN_APPROVER_KEY: approver }
    expect(await at.json(['approvals', 'list'], env)).toEqual([])
    expect(await at.json(['keys', 'list'], env)).toMatchObject([{ role: 'approver' }, { role: 'agent' }])
  })

  it('takes keys from the environment, and then shows none', async () => {
    using at = place()
    await using service = await at.serve([], KEYS)
    expect(service.announced.keys).toEqual({})
    service.child.kill('SIGTERM')
    const { code, stdout, stderr } = await service.ended
    expect(code).toBe(0)
    for (const key of Object.values(KEYS)) expect(stdout + stderr).not.toContain(key)
  })

  it('finishes what was begun when it is told to stop, and loses nothing that it acknowledged', async () => {
    using at = place()
    const held = await hold(
      at,
      Array.from({ length: 24 }, (_, index) => index + 1),
    )
    const service = await at.serve([], KEYS)
    let told = false
    const answers = held.map(async ({ decisionId }) => {
      try {
        const { status } = await approve(service.url, decisionId)
        // As soon as one is acknowledged, the others are under way.
        if (!told) told = service.child.kill('SIGTERM')
        return { decisionId, status }
      } catch {
        return { decisionId, status: 0 }
      }
    })
    const acknowledged = (await Promise.all(answers)).filter(({ status }) => status === 200)
    expect((await service.ended).code).toBe(0)
    expect(acknowledged.length).toBeGreaterThan(0)
    const stored = (await at.json(['approvals', 'list', '--status', 'approved'])) as { decisionId: string }[]
    const ids = new Set(stored.map(({ decisionId }) => decisionId))
    expect(acknowledged.filter(({ decisionId }) => !ids.has(decisionId))).toEqual([])
    expect(await at.json(['audit', 'verify'])).toMatchObject({ ok: true })
  })

  it('keeps every decision that it has answered with, told to stop in the middle of them', async () => {
    using at = place()
    const service = await at.serve([], KEYS)
    let told = false
    const evaluate = async (value: number): Promise<string | undefined> => {
      const body = JSON.stringify({ action: 'refund', value, context: { call_id: `call-${value}` } })
      try {
        const answer = await fetch(`${service.url}/actions/evaluate`, { method: 'POST', headers, body })
        const { request_id: id } = (await answer.json()) as { readonly request_id: string }
        if (!told) told = service.child.kill('SIGTERM')
        return id
      } catch {
        return undefined
      }
    }
    const answered = (await Promise.all(Array.from({ length: 40 }, (_, index) => evaluate(index + 1)))).filter(
      id => id !== undefined,
    )
    expect((await service.ended).code).toBe(0)
    expect(answered.length).toBeGreaterThan(0)
    const stored = (await at.json(['decisions', 'list', '--limit', '100'])) as { id: string }[]
    const ids = new Set(stored.map(({ id }) => id))
    expect(answered.filter(id => !ids.has(id))).toEqual([])
  })

  it('does not wait for streams that never end, such as that of an open inbox', async () => {
    using at = place()
    const service = await at.serve([], KEYS)
    const signedIn = await fetch(`${service.url}/inbox/sign-in`, {
      method: 'POST',
      body: new URLSearchParams({ key: KEYS.COUNTERSIGN_APPROVER_KEY }),
      headers: { origin: service.url },
      redirect: 'manual',
    })
    const cookie = signedIn.headers.get('set-cookie')?.split(';')[0] ?? ''
    const stream = await fetch(`${service.url}/inbox/events`, { headers: { cookie, accept: 'text/event-stream' } })
    expect(stream.headers.get('content-type')).toContain('text/event-stream')
    const before = Date.now()
    service.child.kill('SIGTERM')
    expect((await service.ended).code).toBe(0)
    expect(Date.now() - before).toBeLessThan(8000)
    await expect(stream.text()).rejects.toThrow()
  })

  it('uses the policy beside it, and refuses one that is not there or not valid', async () => {
    using at = place()
    await at.run(['init'])
    {
      await using service = await at.serve([], KEYS)
      expect(service.announced.policy).toBe('countersign.yaml')
    }
    const missing = await at.run(['serve', '--policy', 'nope.yaml'])
    expect(missing).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('nope.yaml: cannot be read') })
    writeFileSync(join(at.directory, 'bad.yaml'), 'rules: [{ id: a, efect: allow }]')
    const bad = await at.run(['serve', '--policy', 'bad.yaml'])
    expect(bad).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(/bad\.yaml:1.*efect.*effect/) })
  })

  it('warns where others on the network can reach it', async () => {
    using at = place()
    const service = await at.serve(['--host', '0.0.0.0'], KEYS)
    service.child.kill('SIGTERM')
    expect((await service.ended).stderr).toContain('Put TLS in front of it')
  })

  it('says in a line why it cannot begin, and what to do', async () => {
    using at = place()
    const taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    const port = String((taken.address() as AddressInfo).port)
    writeFileSync(join(at.directory, 'notes.txt'), 'These are notes, and they are no database at all. '.repeat(40))
    const cases: readonly (readonly [readonly string[], number, RegExp])[] = [
      [['--port', port], 1, /^countersign: port \d+ on 127\.0\.0\.1 is in use\.\n {2}Stop what uses it/],
      [['--host', '192.0.2.1'], 1, /^countersign: 192\.0\.2\.1 is no address of this machine\.\n/],
      [['--database', 'notes.txt'], 1, /^countersign: The file "notes\.txt" is not a SQLite database/],
      [
        ['--database', 'postgres://me:hunter2@127.0.0.1:1/x'],
        1,
        /^countersign: cannot open postgres:\/\/127\.0\.0\.1:1\/x/,
      ],
      [
        ['--api-key', 'the-same-key-twice', '--approver-key', 'the-same-key-twice'],
        2,
        /an agent could answer its own requests/,
      ],
      [['--api-key', 'has spaces in between'], 2, /^countersign: --api-key: expected visible/],
      [
        ['--host', '0.0.0.0', '--api-key', 'too-short'],
        2,
        /^countersign: --api-key: expected 16 characters [^]*countersign keys create/,
      ],
      [
        ['--host', '0.0.0.0', '--approver-key', 'abababababababab'],
        2,
        /^countersign: --approver-key: expected 16 characters .*8 of them/,
      ],
    ]
    for (const [args, code, message] of cases) {
      const ran = await at.run(['serve', ...args])
      expect(ran, args.join(' ')).toMatchObject({ code, stdout: '', stderr: expect.stringMatching(message) })
      expect(ran.stderr).not.toMatch(/hunter2|same-key|has spaces|too-short|\n\s+at /)
    }
    taken.close()
  })
})

describe('a service, asked over HTTP', () => {
  const asked = (at: Place, url: string, ...args: readonly string[]) => at.run([...args, '--url', url], KEYS)

  it('lists and answers what a program holds on the same database', async () => {
    using at = place()
    const [held, other] = await hold(at, [900, 2500])
    await using service = await at.serve([], KEYS)
    const listed = await asked(at, service.url, 'approvals', 'list', '--json')
    expect(JSON.parse(listed.stdout)).toMatchObject([{ id: other?.approvalId }, { id: held?.approvalId }])
    const shown = await asked(at, service.url, 'approvals', 'show', held?.decisionId ?? '')
    expect(shown.stdout).toMatch(/^input +(\{"amount":900\}|not told by the service: .*)$/m)
    const answered = await asked(at, service.url, 'approvals', 'approve', held?.approvalId ?? '')
    expect(answered).toMatchObject({ code: 0, stdout: `Approved by approver: refund (${held?.approvalId}).\n` })
    const rejected = await asked(at, service.url, 'approvals', 'reject', other?.decisionId ?? '', '--comment', 'no')
    expect(rejected).toMatchObject({ code: 0, stdout: `Rejected by approver: refund (${other?.approvalId}).\n` })
    expect(await asked(at, service.url, 'approvals', 'approve', held?.approvalId ?? '')).toEqual(answered)
    const otherwise = await asked(at, service.url, 'approvals', 'reject', held?.approvalId ?? '')
    expect(otherwise).toMatchObject({ code: 1, stderr: expect.stringContaining('resolved before') })
  })

  it('shows its decisions, with what came of them', async () => {
    using at = place()
    const [held] = await hold(at, [900])
    const id = held?.decisionId ?? ''
    await at.json(['outcomes', 'report', id, 'SUCCESS'])
    await using service = await at.serve([], KEYS)
    const listed = await asked(at, service.url, 'decisions', 'list', '--result', 'requires_approval', '--json')
    expect(JSON.parse(listed.stdout)).toMatchObject([{ id, tool: 'refund', value: 900, outcome: 'SUCCESS' }])
    const none = await asked(at, service.url, 'decisions', 'list', '--without-outcome', '--json')
    expect(JSON.parse(none.stdout)).toEqual([])
    const shown = await asked(at, service.url, 'decisions', 'show', id)
    expect(shown).toMatchObject({ code: 0, stdout: expect.stringMatching(/^outcome +SUCCESS$/m) })
    const missing = await asked(at, service.url, 'decisions', 'show', 'nope')
    expect(missing).toMatchObject({ code: 1, stderr: expect.stringContaining('knows no decision "nope"') })
  })

  it('makes keys for agents and for people, and ends them, over HTTP and on the database', async () => {
    using at = place()
    await using service = await at.serve([], KEYS)
    const made = await asked(at, service.url, 'keys', 'create', 'dana', '--role', 'approver', '--json')
    const { key, keyId, role } = JSON.parse(made.stdout)
    expect(role).toBe('approver')
    const resolve = (secret: string) =>
      fetch(`${service.url}/approvals/nope/resolve`, {
        method: 'POST',
        headers: { ...headers, 'x-api-key': secret },
        body: JSON.stringify({ resolution: 'approved' }),
      }).then(({ status }) => status)
    expect(await resolve(key)).toBe(404)
    const agent = await at.json(['keys', 'create', 'support-agent'])
    expect(await resolve(agent.key)).toBe(403)
    const listed = await at.run(['keys', 'list'])
    expect(listed.stdout).toContain(keyId)
    expect(listed.stdout).not.toContain(key)
    await asked(at, service.url, 'keys', 'revoke', keyId, '--reason', 'left')
    expect(await resolve(key)).toBe(401)
    expect((await at.json(['keys', 'list', '--all'])).map((known: any) => known.revoked)).toEqual([false, true])
  })

  it('is told how a call turned out, and decides for a program elsewhere', async () => {
    using at = place()
    const [held] = await hold(at, [900])
    await using service = await at.serve([], KEYS)
    const told = await asked(at, service.url, 'outcomes', 'report', held?.decisionId ?? '', 'FRAUD', '--tag', 'cards')
    expect(told).toMatchObject({ code: 0, stderr: '' })
    expect(await at.json(['decisions', 'show', held?.decisionId ?? ''])).toMatchObject({ outcome: 'FRAUD' })
    const demo = ['demo', '--remote', service.url, '--database', 'elsewhere.db']
    const calls = await at.json(demo, { COUNTERSIGN_API_KEY: KEYS.COUNTERSIGN_API_KEY })
    // The service has no policy: it wants to be asked about all that is not allowed there, and both count.
    expect(calls.map(({ status }: any) => status)).toContain('blocked')
    expect(await at.json(['decisions', 'list', '--actor', 'refund-agent'])).not.toEqual([])
  })

  it('has an inbox beside it, where people sign in', async () => {
    using at = place()
    await using service = await at.serve([], KEYS)
    expect(service.announced.inbox).toBe(`${service.url}/inbox`)
    const page = await fetch(service.announced.inbox, { headers: { accept: 'text/html' } })
    expect([page.status, page.headers.get('content-type')]).toEqual([200, expect.stringContaining('text/html')])
    expect(page.url).toContain('/inbox/sign-in')
  })

  it("takes an approver's key for what an agent may not do, and says so", async () => {
    using at = place()
    const [held] = await hold(at, [900])
    await using service = await at.serve([], KEYS)
    const args = ['approvals', 'approve', held?.approvalId ?? '', '--url', service.url]
    const none = await at.run(args, { COUNTERSIGN_API_KEY: KEYS.COUNTERSIGN_API_KEY })
    expect(none).toMatchObject({ code: 1, stderr: expect.stringContaining("this takes an approver's key") })
    const agents = await at.run(args, { COUNTERSIGN_APPROVER_KEY: KEYS.COUNTERSIGN_API_KEY })
    expect(agents).toMatchObject({ code: 1, stderr: expect.stringContaining('the key may not do this') })
    const alone = await at.run(args, { COUNTERSIGN_APPROVER_KEY: KEYS.COUNTERSIGN_APPROVER_KEY })
    expect(alone).toMatchObject({ code: 0, stderr: '' })
    expect(await at.run(args)).toMatchObject({ code: 2, stderr: expect.stringContaining('a service wants a key') })
    const wrong = await at.run(['approvals', 'list', '--url', service.url, '--api-key', 'wrong-key'])
    expect(wrong).toMatchObject({ code: 1, stderr: expect.stringContaining('does not know the key') })
    expect(wrong.stderr).not.toContain('wrong-key')
  })

  it('has no say in what the key already says', async () => {
    using at = place()
    const [held] = await hold(at, [900])
    await using service = await at.serve([], KEYS)
    const ran = await asked(at, service.url, 'approvals', 'approve', held?.approvalId ?? '', '--by', 'dana')
    expect(ran).toMatchObject({ code: 2, stderr: expect.stringContaining('knows who answers by the key') })
  })

  it('that is not there is said in a line', async () => {
    using at = place()
    const ran = await asked(at, 'http://127.0.0.1:1', 'approvals', 'list')
    expect(ran).toMatchObject({ code: 1, stdout: '' })
    expect(ran.stderr).toContain('`countersign serve` starts one')
  })
})

it('the built command begins as a program, and can be run as one', () => {
  expect(readFileSync(new URL('../../dist/cli.js', import.meta.url), 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/)
})
