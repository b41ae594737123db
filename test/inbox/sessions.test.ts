import { createGovernor, type DocumentStore, memoryStore } from 'countersign'
import { createInbox } from 'countersign/server'
import { fakeClock } from 'countersign/testing'
import { Hono } from 'hono'
import { describe, expect, it } from 'vitest'
import { Browser, KEYS } from './support/inbox.js'

/** Two processes' inboxes on one store: nothing else is shared. */
function two() {
  const store = memoryStore()
  const clock = fakeClock()
  const start = (inboxStore: DocumentStore = store) => {
    const governor = createGovernor({ store, clock, unlisted: 'require_approval' })
    const app = new Hono()
    app.route('/inbox', createInbox({ governor, signIn: { keys: KEYS }, store: inboxStore, clock }))
    return { app, governor }
  }
  return { store, clock, one: start(), other: start() }
}

/** The same browser, sent to the other process by a balancer. */
function moved(browser: Browser, app: Hono): Browser {
  const there = new Browser(app)
  there.take(browser.cookie)
  return there
}

describe('sessions of several processes on one store', () => {
  it('are known to each, and a form that one showed is taken by the other', async () => {
    const { one, other } = two()
    await one.governor.run({ id: '1', name: 'refund', input: { amount: 9 } }, () => 'paid')
    const [approval] = await one.governor.approvals.list()
    const path = `/inbox/approvals/${approval?.id}`
    const dana = await new Browser(one.app).signIn('long-key-of-dana')
    const there = moved(dana, other.app)
    expect((await there.send(path)).status).toBe(200)
    const fields = await dana.fields('/inbox', path)
    const answered = await there.post(path, { ...fields, resolution: 'approved' })
    expect(answered.status).toBe(303)
    expect(await one.governor.approvals.get(approval?.id ?? '')).toMatchObject({ status: 'approved', by: 'dana' })
  })

  it('end everywhere when somebody signs out anywhere', async () => {
    const { one, other } = two()
    const dana = await new Browser(one.app).signIn('long-key-of-dana')
    const there = moved(dana, other.app)
    const fields = await there.fields('/inbox', '/inbox/sign-out')
    expect((await there.post('/inbox/sign-out', fields)).status).toBe(303)
    expect((await dana.send('/inbox')).status).toBe(303)
    expect((await moved(dana, other.app).send('/inbox')).status).toBe(303)
  })

  it('end with their time, in all', async () => {
    const { one, other, clock } = two()
    const dana = await new Browser(one.app).signIn('long-key-of-dana')
    expect((await moved(dana, other.app).send('/inbox')).status).toBe(200)
    clock.advance(43_200_000)
    expect((await moved(dana, other.app).send('/inbox')).status).toBe(303)
    expect((await dana.send('/inbox')).status).toBe(303)
  })

  it('tell whoever reads the store neither the key nor the cookie, and what was changed there opens nothing', async () => {
    const { one, store, clock } = two()
    const dana = await new Browser(one.app).signIn('long-key-of-dana')
    const id = dana.cookie.split('=')[1] ?? ''
    const [session] = await store.listDocuments({ kind: 'inbox-session' }, clock.now())
    const text = JSON.stringify(session)
    expect(text).not.toContain(id)
    expect(text).not.toContain('long-key-of-dana')
    if (session === undefined) return expect.unreachable()
    const [first, second] = [await new Browser(one.app).signIn('long-key-of-erin'), session]
    const erin = (await store.listDocuments({ kind: 'inbox-session' }, clock.now())).find(({ id }) => id !== second.id)
    await store.commit({
      at: clock.now(),
      documents: [{ ...second, revision: second.revision + 1, body: erin?.body ?? '' }],
    })
    expect((await dana.send('/inbox')).status).toBe(303)
    expect((await first.send('/inbox')).status).toBe(200)
  })
})
