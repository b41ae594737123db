import { createGovernor, definePolicy, memoryStore, refusalText, rule } from 'countersign'
import { createInbox, linkPath, signLink } from 'countersign/server'
import { Hono } from 'hono'
import { describe, expect, it, vi } from 'vitest'
import { Browser, KEYS, ORIGIN, SECRET, startInbox } from './support/inbox.js'

const refund = (id: string, input: unknown = { order: id, amount: 900 }) => ({ id, name: 'refund', input })

/** One call that waits, and dana, who is signed in. */
const oneWaits = async (options = {}, inbox = {}) => {
  const started = startInbox(options, inbox)
  await started.governor.run(refund('1'), () => 'paid')
  const [approval] = await started.governor.approvals.list()
  const id = approval?.id ?? ''
  const dana = await new Browser(started.app).signIn('long-key-of-dana')
  const status = async () => (await started.governor.approvals.get(id))?.status
  return { ...started, id, dana, status, path: `/inbox/approvals/${id}` }
}

describe('signing in to the inbox', () => {
  it('leads to the page that was asked for, with a cookie that scripts and other sites cannot have', async () => {
    const { app, id } = await oneWaits()
    const browser = new Browser(app)
    const sent = await browser.send(`/inbox/approvals/${id}`)
    expect([sent.status, sent.headers.get('location')]).toEqual([303, `/inbox/sign-in?to=%2Fapprovals%2F${id}`])
    const signed = await browser.post('/inbox/sign-in', { key: 'long-key-of-dana', to: `/approvals/${id}` })
    expect([signed.status, signed.headers.get('location')]).toEqual([303, `/inbox/approvals/${id}`])
    const cookie = signed.headers.get('set-cookie') ?? ''
    expect(cookie).toMatch(/^countersign_inbox=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/)
    expect(cookie).not.toContain('long-key-of-dana')
    expect((await browser.send(`/inbox/approvals/${id}`)).status).toBe(200)
  })

  it('gives a cookie for this host and https only, everywhere but on this machine', async () => {
    const { app } = startInbox()
    const browser = new Browser(app, 'https://approvals.example.com')
    const signed = await browser.post('/inbox/sign-in', { key: 'long-key-of-dana' })
    expect(signed.headers.get('set-cookie')).toMatch(
      /^__Host-countersign_inbox=[\w-]{43}; Path=\/; HttpOnly; Secure; SameSite=Strict$/,
    )
    expect((await browser.send('/inbox')).status).toBe(200)
  })

  it.each(['long-key-of-agent', 'wrong', ''])('is refused with the key "%s"', async key => {
    const { app } = startInbox()
    const browser = new Browser(app)
    const answer = await browser.post('/inbox/sign-in', { key })
    expect([answer.status, browser.cookie]).toEqual([401, ''])
    expect(await answer.text()).toContain('not the key of an approver')
  })

  it.each(['//evil.example', 'https://evil.example', '/\\evil.example', '/a//b', 'javascript:alert(1)', '/x?y'])(
    'does not lead elsewhere: %s',
    async to => {
      const { app } = startInbox()
      const signed = await new Browser(app).post('/inbox/sign-in', { key: 'long-key-of-dana', to })
      expect(signed.headers.get('location')).toBe('/inbox')
    },
  )

  it('is over when somebody signs out, after twelve hours, and when the key is revoked', async () => {
    const { app, clock } = startInbox()
    const dana = await new Browser(app).signIn('long-key-of-dana')
    const { cookie } = dana
    const fields = await dana.fields('/inbox', '/inbox/sign-out')
    expect((await dana.post('/inbox/sign-out', fields)).status).toBe(303)
    expect((await app.request('/inbox', { headers: { cookie } })).status).toBe(303)

    const erin = await new Browser(app).signIn('long-key-of-erin')
    clock.advance(12 * 3_600_000 - 1)
    expect((await erin.send('/inbox')).status).toBe(200)
    clock.advance(1)
    expect((await erin.send('/inbox')).status).toBe(303)

    const known = new Set(['k'])
    const find = (key: string) => (known.has(key) ? ({ id: '1', name: 'ann', role: 'approver' } as const) : undefined)
    const { app: other } = startInbox({}, { signIn: { keys: { find } } })
    const ann = await new Browser(other).signIn('k')
    expect((await ann.send('/inbox')).status).toBe(200)
    known.delete('k')
    expect((await ann.send('/inbox')).status).toBe(303)
  })

  it('is left to others where `authenticate` says who somebody is', async () => {
    const authenticate = ({ headers }: Request) => {
      const name = headers.get('x-user')
      return name === null ? undefined : { name }
    }
    const { app, governor } = startInbox({}, { signIn: { authenticate } })
    await governor.run(refund('1'), () => 'paid')
    const [approval] = await governor.approvals.list()
    const path = `/inbox/approvals/${approval?.id}`
    expect((await app.request('/inbox')).status).toBe(401)
    expect((await app.request('/inbox/sign-in')).status).toBe(404)

    const browser = new Browser(app)
    const as = (name: string) => ({ 'x-user': name })
    const page = await (await browser.send('/inbox', { headers: as('ann') })).text()
    const token = /name="token" value="([^"]+)"/.exec(page)?.[1] ?? ''
    const digest = /name="digest" value="([^"]+)"/.exec(page)?.[1] ?? ''
    const form = { token, digest, resolution: 'approved' }
    expect((await browser.post(path, form, as('bob'))).status).toBe(403)
    expect((await browser.post(path, form, as('ann'))).status).toBe(303)
    expect(await governor.approvals.get(approval?.id ?? '')).toMatchObject({ status: 'approved', by: 'ann' })
  })
})

describe('answering in the inbox', () => {
  it('approves what was shown, and says so', async () => {
    const { dana, path, id, governor } = await oneWaits()
    const fields = await dana.fields('/inbox', path)
    const answer = await dana.post(path, { ...fields, resolution: 'approved', comment: ' fine ' })
    expect([answer.status, answer.headers.get('location')]).toEqual([303, `/inbox?answered=${id}`])
    expect(await governor.approvals.get(id)).toMatchObject({ status: 'approved', by: 'dana', comment: 'fine' })
    const page = await dana.read(`/inbox?answered=${id}`)
    expect(page).toMatch(/refund<\/bdi>: approved by <bdi class="text">dana/)
    expect(page).toContain('Nothing waits for you')
  })

  it('says that a request was approved, though whoever waited for that has used it by then', async () => {
    const started = startInbox()
    const waiting = started.governor.run(refund('1'), () => 'paid', { waits: true })
    const dana = await new Browser(started.app).signIn('long-key-of-dana')
    const id = await vi.waitFor(async () => {
      const [approval] = await started.governor.approvals.list()
      if (approval === undefined) throw new Error('nothing waits yet')
      return approval.id
    })
    const path = `/inbox/approvals/${id}`
    await dana.post(path, { ...(await dana.fields('/inbox', path)), resolution: 'approved' })
    expect(await waiting).toMatchObject({ status: 'executed' })
    expect(await started.governor.approvals.get(id)).toMatchObject({ status: 'consumed' })
    const page = await dana.read(`/inbox?answered=${id}`)
    expect(page).toMatch(/refund<\/bdi>: approved by <bdi class="text">dana/)
  })

  it('rejects with a comment, which the model reads', async () => {
    const { dana, path, governor } = await oneWaits()
    const fields = await dana.fields('/inbox', path)
    await dana.post(path, { ...fields, resolution: 'rejected', comment: 'not this customer' })
    const refused = await governor.run(refund('1'), () => 'paid')
    expect(refused.status).toBe('blocked')
    const approval = (await governor.approvals.list())[0]
    expect(refusalText(refused.decision, approval)).toContain('not this customer')
  })

  it('does nothing without the token of the session, from elsewhere, or by another method', async () => {
    const { app, dana, path, status } = await oneWaits()
    const { token = '', digest = '' } = await dana.fields('/inbox', path)
    const form = { token, digest, resolution: 'approved' }
    const erin = await new Browser(app).signIn('long-key-of-erin')
    const refusals = [
      dana.post(path, { digest, resolution: 'approved' }),
      dana.post(path, { ...form, token: `${token}x` }),
      erin.post(path, form),
      dana.post(path, form, { origin: 'https://evil.example' }),
      dana.post(path, form, { origin: 'null' }),
      dana.post(path, form, { 'sec-fetch-site': 'cross-site' }),
      dana.post(path, form, { 'sec-fetch-site': 'same-site' }),
      dana.post(path, form, { 'content-type': 'text/plain' }),
      new Browser(app).post(path, form),
    ]
    expect((await Promise.all(refusals)).map(answer => answer.status)).toEqual([
      403, 403, 403, 403, 403, 403, 403, 403, 401,
    ])
    const query = new URLSearchParams(form).toString()
    await dana.send(`${path}?${query}`)
    await dana.send(`${path}/edit?${query}&json=1&step=approve`)
    expect((await dana.send(`/inbox/batch?${query}`)).status).toBe(404)
    expect((await dana.send(path, { method: 'PUT' })).status).toBe(404)
    expect(await status()).toBe('pending')
    expect((await dana.post(path, form)).status).toBe(303)
  })

  it('is refused, and says why, for whoever acts in the call', async () => {
    const { dana, path, id, governor, status } = await oneWaits({ actor: 'Dana' })
    const page = await dana.read('/inbox')
    expect(page).toContain('You cannot answer this')
    expect(page).toContain('whoever acts cannot approve')
    expect(page).not.toContain('data-approve')
    const { token = '' } = await dana.fields('/inbox', '/inbox/sign-out')
    const digest = (await governor.approvals.get(id))?.digest ?? ''
    const answer = await dana.post(path, { token, digest, resolution: 'approved' })
    expect(await answer.text()).toMatch(/role="alert"[^]*whoever acts cannot approve/)
    expect(answer.status).toBe(403)
    expect(await status()).toBe('pending')
  })

  it('is refused where a colleague has changed the call meanwhile', async () => {
    const { dana, path, id, governor, status } = await oneWaits({ approvals: { quorum: 2 } })
    const fields = await dana.fields('/inbox', path)
    await governor.approvals.resolve(id, { resolution: 'approved', by: 'erin', input: { order: '1', amount: 1 } })
    const answer = await dana.post(path, { ...fields, resolution: 'approved' })
    expect(answer.status).toBe(403)
    const page = await answer.text()
    expect(page).toContain('look at it again')
    expect(page).toContain('Input as changed')
    expect(await status()).toBe('pending')
    expect((await dana.post(path, { ...(await dana.fields(path, path)), resolution: 'approved' })).status).toBe(303)
    expect(await status()).toBe('approved')
  })

  it('shows how many of those who must have approved, and the stage', async () => {
    const { dana, path, app } = await oneWaits({ approvals: { stages: [{ quorum: 2 }, { approvers: ['cfo'] }] } })
    expect(await dana.read('/inbox')).toMatch(/Stage 1 of 2[^]*<strong>0 of 2/)
    await dana.post(path, { ...(await dana.fields('/inbox', path)), resolution: 'approved' })
    const erin = await new Browser(app).signIn('long-key-of-erin')
    expect(await erin.read('/inbox')).toMatch(/<strong>1 of 2<\/strong>[^]*dana/)
  })

  it('counts down by the clock of the server, and says what is over', async () => {
    const { dana, path, clock } = await oneWaits({ approvals: { ttlMs: 90_000 } })
    expect(await dana.read('/inbox')).toContain('1 min left')
    const fields = await dana.fields('/inbox', path)
    clock.advance(90_000)
    const answer = await dana.post(path, { ...fields, resolution: 'approved' })
    expect(answer.status).toBe(409)
    expect(await answer.text()).toContain('expired')
    expect(await dana.read('/inbox')).toContain('Nothing waits for you')
  })
})

describe('the limits that a call counts for', () => {
  it('are on its card, with what it would add', async () => {
    const limit = { sum: 'value', per: 'actor', window: '24h', max: 1000 } as const
    const rules = [
      rule('ask', { tools: ['refund'], effect: 'require_approval', reason: 'ask' }),
      rule('daily-cap', { tools: ['refund'], limit, effect: 'deny', reason: 'over the cap' }),
    ]
    const value = (input: unknown) => (input as { amount: number }).amount
    const { app, governor } = startInbox({ policy: definePolicy({ name: 'p', rules }), tools: { refund: { value } } })
    const dana = await new Browser(app).signIn('long-key-of-dana')
    await governor.run(refund('1', { amount: 600 }), () => 1)
    expect(await dana.read('/inbox')).toMatch(/daily-cap[^]*0 of 1,000 used within 24 h; this call adds 600\./)
    await governor.run(refund('2', { amount: 300, other: 1 }), () => 1)
    const [, first] = await governor.approvals.list()
    await governor.approvals.resolve(first?.id ?? '', { resolution: 'approved', by: 'erin' })
    await governor.run(refund('1', { amount: 600 }), () => 1)
    expect(await dana.read('/inbox')).toMatch(/600 of 1,000 used within 24 h; this call adds 300\./)
    const [second] = await governor.approvals.list()
    const path = `/inbox/approvals/${second?.id}`
    expect(await dana.read(path)).not.toContain('It would go beyond')
    await governor.run(refund('3', { amount: 350 }), () => 1)
    const [third] = await governor.approvals.list()
    await governor.approvals.resolve(third?.id ?? '', { resolution: 'approved', by: 'erin' })
    await governor.run(refund('3', { amount: 350 }), () => 1)
    expect(await dana.read(path)).toMatch(/950 of 1,000[^]*It would go beyond: deny/)
  })
})

describe('editing in the inbox', () => {
  const policy = definePolicy({
    name: 'p',
    rules: [
      rule('ask', { tools: ['refund'], effect: 'require_approval', reason: 'ask' }),
      rule('never', { tools: ['refund'], when: { 'input.amount': { gt: 1000 } }, effect: 'deny', reason: 'over 1000' }),
    ],
  })

  it('shows what changes, then sends it', async () => {
    const { dana, path, governor } = await oneWaits({ policy })
    const edit = `${path}/edit`
    const shown = await dana.post(edit, { ...(await dana.fields(edit, edit)), 'field-1': '45', step: 'preview' })
    const page = await shown.text()
    expect(page).toMatch(/amount<\/bdi><\/th>[^]*900[^]*45/)
    const json = /name="json" value="([^"]+)"/.exec(page)?.[1]?.replaceAll('&quot;', '"') ?? ''
    expect(JSON.parse(json)).toEqual({ order: '1', amount: 45 })
    const fields = await dana.fields(edit, edit)
    expect((await dana.post(edit, { ...fields, json, step: 'approve', comment: 'less' })).status).toBe(303)
    const done = await governor.run(refund('1'), ({ input }) => input)
    expect(done).toMatchObject({ status: 'executed', output: { order: '1', amount: 45 } })
  })

  it('offers the nearest form of the call that would need nobody', async () => {
    const limited = definePolicy({
      name: 'p',
      rules: [
        rule('small', { tools: ['refund'], when: { 'input.amount': { lte: 100 } }, effect: 'allow', reason: 'small' }),
        rule('big', {
          tools: ['refund'],
          when: { 'input.amount': { gt: 100 } },
          effect: 'require_approval',
          reason: 'big',
        }),
      ],
    })
    const { dana, path, errors, governor } = await oneWaits({ policy: limited })
    const edit = `${path}/edit`
    const page = await dana.read(edit)
    expect(page).toContain('Form 1 that would need nobody')
    const fields = await dana.fields(edit, edit)
    expect(JSON.parse(fields['json'] ?? '')).toEqual({ order: '1', amount: 100 })
    const shown = await (await dana.post(edit, { ...fields, step: 'preview' })).text()
    expect(shown).toMatch(/900[^]*100[^]*Approve with these changes/)
    expect(errors).toEqual([])
    expect(await governor.decisions.list()).toHaveLength(1)
  })

  it('says where a value is wrong, and changes nothing', async () => {
    const { dana, path, status } = await oneWaits()
    const edit = `${path}/edit`
    const fields = await dana.fields(edit, edit)
    const wrong = await dana.post(edit, { ...fields, 'field-1': 'many', step: 'preview' })
    expect(wrong.status).toBe(422)
    expect(await wrong.text()).toMatch(/aria-invalid="true"[^]*expected a number/)
    const broken = await dana.post(edit, { ...fields, json: '{"order": <b>', step: 'approve' })
    expect(broken.status).toBe(422)
    const page = await broken.text()
    expect(page).toContain('this is not JSON')
    expect(page).toContain('{&quot;order&quot;: &lt;b&gt;')
    expect(await status()).toBe('pending')
  })

  it('is refused where the policy refuses the changed call, and keeps what was typed', async () => {
    const { dana, path, status } = await oneWaits({ policy })
    const edit = `${path}/edit`
    const fields = { ...(await dana.fields(edit, edit)), json: '{"order":"1","amount":5000}', step: 'approve' }
    const refused = await dana.post(edit, fields)
    expect(refused.status).toBe(409)
    const page = await refused.text()
    expect(page).toMatch(/role="alert"[^]*would be blocked \(over 1000\)/)
    expect(page).toContain('5000')
    expect(await status()).toBe('pending')
  })
})

describe('several calls that are alike', () => {
  it('are answered together, each for itself, or one by one', async () => {
    const { app, governor } = startInbox()
    for (const id of ['1', '2', '3']) await governor.run(refund(id), () => 'paid')
    const dana = await new Browser(app).signIn('long-key-of-dana')
    const page = await dana.read('/inbox')
    expect(page).toContain('3 calls of')
    const fields = await dana.fields('/inbox', '/inbox/batch')
    const ids = Object.keys(fields).flatMap(name => (name.startsWith('digest-') ? [name.slice(7)] : []))
    expect(ids).toHaveLength(3)
    const said = new URLSearchParams({ ...fields, resolution: 'approved' })
    for (const id of ids.slice(0, 2)) said.append('id', id)
    expect((await dana.post('/inbox/batch', said)).status).toBe(303)
    const statuses = await Promise.all(ids.map(async id => (await governor.approvals.get(id))?.status))
    expect(statuses).toEqual(['approved', 'approved', 'pending'])
  })

  it('are not chosen from the start where there is something to be pointed out', async () => {
    const { app, governor } = startInbox()
    await governor.run(refund('1', { to: 'paul' }), () => 'paid')
    await governor.run(refund('2', { to: 'p\u0430ul' }), () => 'paid')
    const dana = await new Browser(app).signIn('long-key-of-dana')
    const boxes = (await dana.read('/inbox')).match(/<input[^>]*type="checkbox"[^>]*>/g) ?? []
    expect(boxes.map(box => /\schecked\b/.test(box))).toEqual([true, false])
  })

  it('end with the first that is refused, and say how many were answered', async () => {
    const { app, governor } = startInbox()
    for (const id of ['1', '2']) await governor.run(refund(id), () => 'paid')
    const dana = await new Browser(app).signIn('long-key-of-dana')
    const fields = await dana.fields('/inbox', '/inbox/batch')
    const [second = '', first = ''] = (await governor.approvals.list()).map(({ id }) => id)
    await governor.approvals.resolve(second, { resolution: 'rejected', by: 'erin' })
    const said = new URLSearchParams({ ...fields, resolution: 'approved' })
    for (const id of [first, second]) said.append('id', id)
    const answer = await dana.post('/inbox/batch', said)
    expect(answer.status).toBe(409)
    expect(await answer.text()).toMatch(/rejected by[^]*1 before it/)
    expect((await governor.approvals.get(first))?.status).toBe('approved')
  })
})

describe('what comes from outside', () => {
  const HOSTILE = [
    '<script>alert(1)</script>',
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    '</textarea></title><script>x</script>',
    '&lt;b&gt;',
    'x'.repeat(10_000),
    'شركة \u202eABC\u2066',
    '\u0000\u001b[2J',
  ]

  it.each(HOSTILE.map(text => [JSON.stringify(text).slice(0, 30), text]))(
    'is shown as text, wherever it stands: %s',
    async (_name, text = '') => {
      const { app, governor, errors } = startInbox()
      // Names are short wherever they come from.
      const name = text.slice(0, 200)
      const scope = { actor: name, user: name, sessionId: name, profile: { target: name, action: name } }
      await governor.run({ id: '1', name, input: { [text]: text, plain: [text, { text }] } }, () => 1, scope)
      await governor.killSwitch.activate({ by: name, reason: text, tool: name })
      const [approval] = await governor.approvals.list()
      const dana = await new Browser(app).signIn('long-key-of-dana')
      const id = approval?.id ?? ''
      const paths = ['', `/approvals/${id}`, `/approvals/${id}/edit`, '/decisions', '/stop', '/autonomy']
      const search = new URLSearchParams({ session: text.slice(0, 500), tool: text.slice(0, 500) }).toString()
      for (const path of [...paths, `/decisions?${search}`, `/decisions/${approval?.decisionId}`]) {
        const answer = await dana.send(`/inbox${path}`)
        const page = await answer.text()
        expect([path, answer.status]).toEqual([path, 200])
        expect(page).not.toMatch(/<script>|<img|<b>/)
        expect(page.slice(0, page.indexOf('</title>'))).not.toMatch(/\p{Cf}|[^\P{Cc}\n]/u)
        // No tag has an attribute that is not ours.
        expect(page.match(/\son\w+\s*=\s*["']/g)?.filter(match => !match.includes('&')) ?? []).toEqual([])
      }
      expect(errors).toEqual([])
    },
  )

  it('is shown so that it cannot mislead', async () => {
    const { app, governor } = startInbox()
    await governor.run(refund('1', { to: 'p\u0430y\u200bpal', note: 'abc\u202edef', long: 'z'.repeat(5000) }), () => 1)
    const dana = await new Browser(app).signIn('long-key-of-dana')
    const page = await dana.read('/inbox')
    expect(page).not.toMatch(/[\u200b\u202e]/)
    expect(page).toContain('U+202E')
    expect(page).toContain('U+200B')
    expect(page).toMatch(/Letters that look like others/)
    expect(page).toMatch(/All 5,000 characters/)
  })

  it('never makes a page run a script, load from elsewhere or be framed', async () => {
    const { dana } = await oneWaits()
    for (const path of ['/inbox', '/inbox/sign-in', '/inbox/no-such-page', '/inbox/approvals/none']) {
      const { headers } = await dana.send(path)
      expect(headers.get('content-security-policy')).toMatch(
        /default-src 'none'.*script-src 'self'.*frame-ancestors 'none'/,
      )
      expect(headers.get('content-security-policy')).not.toContain('unsafe')
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      expect(headers.get('cache-control')).toBe('no-store')
    }
    const page = await dana.read('/inbox')
    expect(page).not.toMatch(/\sstyle=|<style|javascript:/)
    expect(page.match(/<script[^>]*>/g)).toEqual([expect.stringMatching(/src="\/inbox\/served\/script-\w+\.js"/)])
  })

  it('is not read where it is too long', async () => {
    const { dana, path, status } = await oneWaits()
    const fields = await dana.fields('/inbox', path)
    const answer = await dana.post(path, { ...fields, resolution: 'approved', comment: 'x'.repeat(1_100_000) })
    expect([answer.status, await status()]).toEqual([413, 'pending'])
  })
})

describe('a tenant', () => {
  const twoTenants = async () => {
    const started = startInbox()
    for (const tenant of ['acme', 'beta']) {
      await started.governor.session({ tenant, sessionId: `s-${tenant}` }).run(refund(tenant), () => 'paid')
    }
    const [beta, acme] = await started.governor.approvals.list()
    return { ...started, acme: acme?.id ?? '', beta: beta?.id ?? '', betaDecision: beta?.decisionId ?? '' }
  }

  it('is all that its approver sees, and can answer', async () => {
    const { app, acme, beta, betaDecision, governor } = await twoTenants()
    const ann = await new Browser(app).signIn('long-key-of-acme')
    for (const path of ['', '/decisions', '/autonomy', '/stop', `?answered=${beta}`]) {
      expect(await ann.read(`/inbox${path}`)).not.toMatch(new RegExp(`${beta}|s-beta`))
    }
    expect(await ann.read('/inbox')).toContain(acme)
    const { token = '' } = await ann.fields('/inbox', '/inbox/sign-out')
    const digest = (await governor.approvals.get(beta))?.digest ?? ''
    const form = { token, digest, resolution: 'approved' }
    const statuses = await Promise.all([
      ann.send(`/inbox/approvals/${beta}`),
      ann.send(`/inbox/approvals/${beta}/edit`),
      ann.send(`/inbox/decisions/${betaDecision}`),
      ann.post(`/inbox/approvals/${beta}`, form),
      ann.post(`/inbox/approvals/${beta}/edit`, { ...form, json: '{}', step: 'approve' }),
      ann.post('/inbox/batch', { ...form, id: beta, [`digest-${beta}`]: digest }),
    ])
    expect(statuses.map(({ status }) => status)).toEqual([404, 404, 404, 404, 404, 404])
    expect((await governor.approvals.get(beta))?.status).toBe('pending')
  })

  it('is stopped by its own switch only, and cannot undo that of all', async () => {
    const { app, governor } = await twoTenants()
    await governor.killSwitch.activate({ by: 'root', reason: 'all stop' })
    const ann = await new Browser(app).signIn('long-key-of-acme')
    const page = await ann.read('/inbox/stop')
    expect(page).toContain('all stop')
    expect(page).not.toContain('Let calls through again')
    const { token = '' } = await ann.fields('/inbox/stop', '/inbox/stop')
    expect((await ann.post('/inbox/stop', { token, say: 'deactivate' })).status).toBe(409)
    expect((await ann.post('/inbox/stop', { token, say: 'activate', reason: 'ours', tenant: 'beta' })).status).toBe(303)
    const { switches } = await governor.killSwitch.status()
    expect(switches.map(({ tenant, reason }) => [tenant, reason])).toEqual([
      [undefined, 'all stop'],
      ['acme', 'ours'],
    ])
  })

  it('of a governor is that of its inbox, whoever signs in', async () => {
    const governor = createGovernor({ store: memoryStore() }).session({ tenant: 'acme' })
    const app = new Hono().route('/inbox', createInbox({ governor, signIn: { keys: KEYS } }))
    expect((await (await new Browser(app).signIn('long-key-of-acme')).send('/inbox')).status).toBe(200)
    expect((await (await new Browser(app).signIn('long-key-of-beta')).send('/inbox')).status).toBe(403)
  })
})

describe('a link from a mail or a chat', () => {
  it('shows one request to whoever has it, and answers nothing', async () => {
    const { app, id, status, clock } = await oneWaits()
    const token = signLink({ approvalId: id, expiresAt: clock.now() + 60_000 }, SECRET)
    const stranger = new Browser(app)
    const page = await stranger.read(`/inbox${linkPath(token)}`)
    expect(page).toContain('refund')
    expect(page).toContain('Sign in to answer')
    expect(page).not.toMatch(/<form method="post"|<button name/)
    expect(stranger.cookie).toBe('')
    expect((await stranger.post(`/inbox${linkPath(token)}`, { resolution: 'approved' })).status).toBe(404)
    expect((await stranger.post(`/inbox/approvals/${id}`, { token, resolution: 'approved' })).status).toBe(401)
    expect(await status()).toBe('pending')
    clock.advance(60_000)
    expect((await stranger.send(`/inbox${linkPath(token)}`)).status).toBe(404)
  })

  it('shows nothing where the secret is another, or none was given', async () => {
    const { app, id, clock } = await oneWaits()
    const token = signLink({ approvalId: id, expiresAt: clock.now() + 60_000 }, `${SECRET}?`)
    expect((await new Browser(app).send(`/inbox${linkPath(token)}`)).status).toBe(404)
  })
})

describe('the other pages', () => {
  it('show decisions by session, and those that are asked for', async () => {
    const { app, governor } = startInbox()
    await governor.session({ sessionId: 'a' }).run(refund('1'), () => 1)
    const policy = definePolicy({
      name: 'p',
      rules: [rule('ok', { tools: ['look'], effect: 'allow', reason: 'fine' })],
    })
    const other = createGovernor({ store: memoryStore(), policy })
    await other.close()
    await governor.session({ sessionId: 'b' }).run({ id: '2', name: 'look', input: {} }, () => 1)
    const dana = await new Browser(app).signIn('long-key-of-dana')
    expect(await dana.read('/inbox/decisions')).toMatch(/Session[^]*b[^]*look[^]*Session[^]*a[^]*refund/)
    const filtered = await dana.read('/inbox/decisions?session=a&tool=&result=requires_approval')
    expect(filtered).toContain('refund')
    expect(filtered).not.toContain('>look<')
    expect(await dana.read('/inbox/decisions?result=nonsense')).toContain('Nothing was decided that fits')
  })

  it('switch calls off and on by POST', async () => {
    const { app, governor } = startInbox({ unlisted: 'allow' })
    const dana = await new Browser(app).signIn('long-key-of-dana')
    const fields = await dana.fields('/inbox/stop', '/inbox/stop')
    expect((await dana.post('/inbox/stop', { ...fields, say: 'activate', reason: '' })).status).toBe(422)
    await dana.post('/inbox/stop', { ...fields, say: 'activate', reason: 'looks odd', tool: 'refund' })
    expect(await dana.read('/inbox/stop')).toContain('looks odd')
    expect((await governor.run(refund('1'), () => 1)).status).toBe('blocked')
    await dana.post('/inbox/stop', { ...fields, say: 'deactivate', tool: 'refund' })
    expect((await governor.run(refund('2'), () => 1)).status).toBe('executed')
  })

  it('verify the audit log', async () => {
    const { dana } = await oneWaits()
    const fields = await dana.fields('/inbox/audit', '/inbox/audit')
    expect(await (await dana.post('/inbox/audit', fields)).text()).toMatch(/The log is whole: \d+ entries/)
    const none = await oneWaits({ audit: false })
    const other = await none.dana.fields('/inbox/audit', '/inbox/audit')
    const answer = await none.dana.post('/inbox/audit', other)
    expect([answer.status, await answer.text()]).toEqual([422, expect.stringContaining('keeps no audit log')])
  })

  it('revoke what somebody need not be asked about', async () => {
    const { dana, id, governor } = await oneWaits()
    const grant = { when: { 'input.order': { eq: '1' } }, maxUses: 3, expiresInMs: 60_000 }
    await governor.approvals.resolve(id, { resolution: 'approved', by: 'erin', grant })
    expect(await dana.read('/inbox/autonomy')).toContain('used 0 of 3 times')
    await dana.post('/inbox/autonomy', { ...(await dana.fields('/inbox/autonomy', '/inbox/autonomy')), say: 'revoke' })
    expect(await dana.read('/inbox/autonomy')).toContain('Nobody has said')
  })

  it('forbid what was earned, and allow it again', async () => {
    const policy = definePolicy({
      name: 'p',
      rules: [rule('ask', { tools: ['refund'], effect: 'require_approval', reason: 'ask', autonomy: true })],
    })
    const { dana, governor } = await oneWaits({ policy, learning: { autonomy: {} } })
    await governor.autonomy.report()
    await governor.run(refund('2'), () => 1)
    const page = await dana.read('/inbox/autonomy')
    expect(page).toContain('asks about everything')
    const fields = await dana.fields('/inbox/autonomy', '/inbox/autonomy')
    await dana.post('/inbox/autonomy', { ...fields, say: 'veto' })
    expect(await dana.read('/inbox/autonomy')).toContain('forbidden by a person')
    await dana.post('/inbox/autonomy', { ...fields, say: 'restore' })
    expect(await dana.read('/inbox/autonomy')).not.toContain('forbidden by a person')
  })

  it('draw how good the risks were', async () => {
    const { app, governor } = startInbox({ learning: true })
    const dana = await new Browser(app).signIn('long-key-of-dana')
    expect(await dana.read('/inbox/calibration')).toContain('No decision has both')
    await governor.precedents(refund('0'))
    for (const id of ['1', '2', '3', '4']) {
      const held = await governor.run(refund(id, { order: 'A', amount: 900 }), () => 1)
      if (held.status !== 'approval_required') throw new Error('expected to be asked')
      await governor.approvals.resolve(held.approvalId, {
        resolution: id === '3' ? 'rejected' : 'approved',
        by: 'erin',
      })
    }
    const page = await dana.read('/inbox/calibration')
    expect(page.match(/<svg/g)).toHaveLength(2)
    expect(page).toMatch(/role="img" aria-label="Risk and what came of it\. 4 decisions/)
    await governor.precedents(refund('0'))
    await governor.run(refund('5', { order: 'A', amount: 900 }), () => 1)
    expect(await dana.read('/inbox')).toMatch(/similar refund calls?: \d fine, 1 refused or regretted/)
    const [approval] = await governor.approvals.list()
    expect(await dana.read(`/inbox/approvals/${approval?.id}`)).toMatch(/Similar calls[^]*refused or regretted/)
  })

  it('say that something failed, and nothing of what', async () => {
    const { dana, store, errors } = await oneWaits()
    vi.spyOn(store, 'listApprovals').mockRejectedValue(new Error('disk of secrets is full'))
    const answer = await dana.send('/inbox')
    expect(answer.status).toBe(500)
    expect(await answer.text()).not.toContain('secrets')
    expect(errors).toHaveLength(1)
  })
})

describe('options of the inbox', () => {
  const governor = createGovernor({ store: memoryStore() })
  const signIn = { keys: KEYS }
  it.each([
    [{ signIn }, /governor/],
    [{ governor }, /signIn/],
    [{ governor, signIn: {} }, /signIn/],
    [{ governor, signIn: { ...signIn, authenticate: () => undefined } }, /signIn/],
    [{ governor, signIn, secret: 'short' }, /secret/],
    [{ governor, signIn, origin: 'example.com' }, /origin/],
    [{ governor, signIn, path: 'inbox"' }, /path/],
    [{ governor, signIn, pollMs: 0 }, /pollMs/],
    [{ governor, signIn, secrt: 'x' }, /secrt/],
  ])('are checked: %#', (options, message) => {
    expect(() => createInbox(options as never)).toThrow(message)
  })

  it('hold behind a proxy that changes host and path', async () => {
    const origin = 'https://approvals.example.com'
    const inbox = createInbox({ governor, signIn, origin, path: '/people' })
    const headers = { 'content-type': 'application/x-www-form-urlencoded', host: 'localhost' }
    const send = (from: string) =>
      inbox.request(`${ORIGIN}/sign-in`, {
        method: 'POST',
        headers: { ...headers, origin: from },
        body: 'key=long-key-of-dana',
      })
    const signed = await send(origin)
    expect(signed.headers.get('location')).toBe('/people')
    expect(signed.headers.get('set-cookie')).toMatch(/^__Host-.*; Secure/)
    expect((await send(ORIGIN)).status).toBe(403)
  })
})
