// Takes the pictures in docs/images from a real inbox in a real Chromium: npm run screenshots
import { mkdirSync } from 'node:fs'
import { serve } from '@hono/node-server'
import { createGovernor, definePolicy, memoryStore, rule } from 'countersign'
import { createInbox } from 'countersign/server'
import { Hono } from 'hono'
import { chromium } from 'playwright-core'

const FOLDER = new URL('../docs/images/', import.meta.url).pathname
const KEY = 'the key of an approver, for these pictures'

type Refund = {
  readonly order: string
  readonly amount: number
  readonly customer: string
  readonly note?: string
}

const policy = definePolicy({
  name: 'support-desk',
  rules: [
    rule('big-refund', {
      tools: ['refund'],
      effect: 'require_approval',
      reason: 'refund of {input.amount} is over 100',
    }),
    rule('daily-cap', {
      tools: ['refund'],
      limit: { sum: 'value', per: 'actor', window: '24h', max: 250_000 },
      effect: 'deny',
      reason: 'more than 250,000 in a day',
    }),
    rule('mail-outside', {
      tools: ['send_mail'],
      effect: 'require_approval',
      reason: 'mail to somebody outside of the company',
    }),
  ],
})
const profiles = {
  refund: {
    value: (input: unknown) => (input as Refund).amount,
    target: (input: unknown) => (input as Refund).customer,
  },
  send_mail: { target: (input: unknown) => (input as { to: string }).to },
}

await using governor = createGovernor({
  store: memoryStore(),
  policy,
  learning: true,
  tools: profiles,
  approvals: { quorum: 1, ttlMs: 45 * 60_000 },
})
const desk = governor.session({ actor: 'support-agent', user: 'ada@example.com', sessionId: 'ticket-4711' })

// What is learnt is learnt in the background: asking for precedents waits for it.
const caughtUp = () => governor.precedents({ id: '0', name: 'refund', input: {} })

// What was answered before, so that there are precedents.
for (let number = 0; number < 120; number++) {
  if (number % 10 === 0) await caughtUp()
  const isFraud = number % 12 === 5
  const customer = isFraud ? 'new' : `c-${(number % 4) + 1}`
  const amount = isFraud ? 900 + number : 500 * ((number % 5) + 1)
  const input = { order: `${1000 + (number % 4)}`, amount, customer, note: isFraud ? 'Urgent' : 'Parcel lost' }
  const held = await desk.run({ id: `old-${number}`, name: 'refund', input }, () => 'paid')
  if (held.status !== 'approval_required') continue
  const resolution = isFraud ? 'rejected' : 'approved'
  await governor.approvals.resolve(held.approvalId, { resolution, by: 'grace' })
  if (!isFraud) await desk.run({ id: `old-${number}`, name: 'refund', input }, () => 'paid')
}

await caughtUp()
const ask = (id: string, name: string, input: unknown) => desk.run({ id, name, input }, () => 'done')
await ask('1', 'refund', { order: '1002', amount: 2500, customer: 'c-3', note: 'Parcel lost' })
await ask('2', 'send_mail', {
  to: 'billing@раураl.example',
  subject: 'Change of bank account',
  text: 'Please use the new account\u202e0021 7743\u202c from today on.',
})
for (const [index, amount] of [120, 135, 180].entries())
  await ask(`b-${index}`, 'refund', { order: `20${index}`, amount, customer: `c-${index}` })

const app = new Hono()
app.route('/inbox', createInbox({ governor, signIn: { keys: [{ key: KEY, role: 'approver', name: 'dana' }] } }))
const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' })
await new Promise<void>(resolve => server.once('listening', () => resolve()))
const address = server.address()
const origin = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`

mkdirSync(FOLDER, { recursive: true })
const browser = await chromium.launch({
  executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
  args: ['--no-sandbox'],
})
const shoot = async (name: string, path: string, view: object): Promise<void> => {
  const context = await browser.newContext({ ...view })
  const page = await context.newPage()
  await page.goto(`${origin}/inbox/sign-in`)
  await page.fill('input[name=key]', KEY)
  await page.click('main button')
  await page.goto(`${origin}${path}`)
  await page.screenshot({ path: `${FOLDER}inbox-${name}.png` })
  await context.close()
}
await shoot('desktop', '/inbox', { viewport: { width: 1100, height: 1200 }, colorScheme: 'light' })
await shoot('phone', '/inbox', { viewport: { width: 390, height: 844 }, colorScheme: 'dark', isMobile: true })
await shoot('calibration', '/inbox/calibration', { viewport: { width: 1100, height: 840 }, colorScheme: 'light' })
await browser.close()
server.close()
