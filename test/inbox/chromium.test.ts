import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import axe from 'axe-core'
import { createGovernor, definePolicy, rule } from 'countersign'
import { linkPath, signLink } from 'countersign/server'
import { sqliteStore } from 'countersign/stores/sqlite'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { executablePath, isSkipped, launch, openAs, serveInbox } from './support/chromium.js'
import { SECRET } from './support/inbox.js'

const ASK = fileURLToPath(new URL('support/ask.ts', import.meta.url))
const where = executablePath === undefined ? ' (no Chromium here: skipped)' : ''
const refund = (id: string, input: object = { order: id, amount: 900 }) => ({ id, name: 'refund', input })

/** What is wrong for people who use a screen reader, a keyboard or weak eyes. */
async function problemsOf(page: Page): Promise<string[]> {
  await page.evaluate(axe.source)
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe: { run: () => Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> }
    }
    const { violations } = await axe.run()
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 200)).join(' | ')}`)
  })
}

describe.skipIf(isSkipped)(`the inbox in a real browser${where}`, () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launch()
  })
  afterAll(async () => {
    await browser?.close()
  })

  it('approves: the call runs, and nothing waits any more', async () => {
    await using inbox = await serveInbox()
    const { governor, url } = inbox
    await governor.run(refund('1'), () => 'paid')
    const { page, problems } = await openAs(browser, url)
    const card = page.getByRole('article', { name: 'refund' })
    await card.getByRole('button', { name: 'Approve' }).click()
    await page.getByText('refund: approved by dana').waitFor()
    await page.getByRole('heading', { name: 'Nothing waits for you' }).waitFor()
    expect(await governor.run(refund('1'), () => 'paid')).toMatchObject({ status: 'executed', output: 'paid' })
    expect(problems).toEqual([])
  })

  it('rejects with a comment', async () => {
    await using inbox = await serveInbox()
    await inbox.governor.run(refund('1'), () => 'paid')
    const { page } = await openAs(browser, inbox.url)
    await page.getByLabel('Comment').fill('not this customer')
    await page.getByRole('button', { name: 'Reject' }).click()
    await page.getByText('refund: rejected by dana').waitFor()
    const [approval] = await inbox.governor.approvals.list()
    expect(approval).toMatchObject({ status: 'rejected', by: 'dana', comment: 'not this customer' })
  })

  it('edits: shows what changes, says what the policy refuses, and sends the rest', async () => {
    const policy = definePolicy({
      name: 'p',
      rules: [
        rule('ask', { tools: ['refund'], effect: 'require_approval', reason: 'ask' }),
        rule('cap', { tools: ['refund'], when: { 'input.amount': { gt: 1000 } }, effect: 'deny', reason: 'over 1000' }),
      ],
    })
    await using inbox = await serveInbox({ policy })
    const { governor, url } = inbox
    await governor.run(refund('1', { order: '1', amount: 900, note: 'two\nlines' }), () => 'paid')
    const { page, problems } = await openAs(browser, url)
    await page.getByRole('link', { name: 'Edit' }).click()
    await page.getByRole('textbox', { name: 'amount' }).fill('5000')
    await page.getByRole('button', { name: 'Show what changes' }).first().click()
    const changes = page.getByRole('region', { name: 'What changes' })
    await changes.getByRole('button', { name: 'Approve with these changes' }).click()
    await page.getByRole('alert').getByText('over 1000').waitFor()
    await page.getByRole('textbox', { name: 'amount' }).fill('45')
    await page.getByRole('button', { name: 'Show what changes' }).first().click()
    expect(await changes.getByRole('row').allInnerTexts()).toEqual(['Value\tProposed\tChanged', 'amount\t900\t45'])
    await changes.getByRole('button', { name: 'Approve with these changes' }).click()
    await page.getByText('refund: approved by dana').waitFor()
    const done = await governor.run(refund('1', { order: '1', amount: 900, note: 'two\nlines' }), ({ input }) => input)
    expect(done).toMatchObject({ output: { order: '1', amount: 45, note: 'two\nlines' } })
    // The browser tells of the refusal itself, and of nothing else.
    expect(problems.filter(text => !text.includes('409'))).toEqual([])
  })

  it('edits as JSON, and keeps every character of what was not changed', async () => {
    await using inbox = await serveInbox()
    const input = { order: '1', note: '\n first line\r\nsecond\ttab  ', list: [] }
    await inbox.governor.run(refund('1', input), () => 'paid')
    const { page } = await openAs(browser, inbox.url)
    await page.getByRole('link', { name: 'Edit' }).click()
    const field = page.getByLabel('Input')
    await field.fill((await field.inputValue()).replace('"1"', '"2"'))
    await page.getByRole('button', { name: 'Show what changes' }).click()
    await page.getByRole('button', { name: 'Approve with these changes' }).click()
    await page.getByText('refund: approved by dana').waitFor()
    const done = await inbox.governor.run(refund('1', input), call => call.input)
    expect(done).toMatchObject({ output: { ...input, order: '2' } })
  })

  it('is used with the keyboard alone', async () => {
    await using inbox = await serveInbox()
    const { governor, url } = inbox
    await governor.run(refund('1', { first: 1 }), () => 1)
    await governor.run({ id: '2', name: 'send_mail', input: { to: 'ada' } }, () => 1)
    await governor.run({ id: '3', name: 'wipe', input: {} }, () => 1)
    const { page } = await openAs(browser, url)
    const { keyboard } = page
    const focused = () =>
      page.evaluate(() => document.activeElement?.closest('article')?.querySelector('h2')?.textContent)
    const press = async (...keys: string[]) => {
      for (const key of keys) await keyboard.press(key)
    }
    await press('j')
    expect(await focused()).toBe('refund')
    await press('j', 'j', 'k')
    expect(await focused()).toBe('send_mail')
    await press('c')
    await keyboard.type('jar of a rake')
    await press('Escape', 'r')
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Reject')
    const ring = await page.evaluate(() => getComputedStyle(document.activeElement as Element).outlineWidth)
    expect(ring).toBe('3px')
    await press('Enter')
    await page.getByText('send_mail: rejected by dana').waitFor()
    expect(await focused()).toBe('refund')
    await press('a', 'Enter')
    await page.getByText('refund: approved by dana').waitFor()
    await press('?')
    await page.getByRole('dialog', { name: 'Keys' }).waitFor()
    await press('a', 'Escape', 'e')
    await page.getByRole('heading', { name: 'Edit wipe' }).waitFor()
    const answers = (await governor.approvals.list()).map(({ call, status }) => `${call.name} ${status}`)
    expect(answers).toEqual(['wipe pending', 'send_mail rejected', 'refund approved'])
    expect((await governor.approvals.list())[1]).toMatchObject({ comment: 'jar of a rake' })
  })

  it('shows what arrives meanwhile, here and in another process, and disturbs nobody who types', async () => {
    await using inbox = await serveInbox()
    const { governor, url, store } = inbox
    await governor.run(refund('1', { first: 1 }), () => 1)
    const { page, problems } = await openAs(browser, url)
    await page.locator('body[data-listening]').waitFor()
    await page.getByLabel('Comment').fill('half a sen')
    await governor.run({ id: '2', name: 'send_mail', input: { to: 'ada' } }, () => 1)
    await page.getByRole('article', { name: 'send_mail' }).waitFor()
    await page.getByText('One more request waits').waitFor()
    expect(await page.getByLabel('Comment').first().inputValue()).toBe('half a sen')
    expect(await page.evaluate(() => document.activeElement?.tagName)).toBe('TEXTAREA')

    const other = createGovernor({ store, unlisted: 'require_approval' })
    const { decision } = await other.run({ id: '3', name: 'wipe', input: {} }, () => 1)
    await page.getByRole('article', { name: 'wipe' }).waitFor()
    await page.getByRole('heading', { name: '3 waiting' }).waitFor()
    expect(await page.title()).toBe('3 waiting · countersign')
    await other.approvals.resolve(decision.approvalId ?? '', { resolution: 'rejected', by: 'erin' })
    await page.getByRole('article', { name: 'wipe' }).waitFor({ state: 'detached' })

    const first = (await governor.approvals.list()).find(({ call }) => call.name === 'refund')
    await governor.approvals.resolve(first?.id ?? '', { resolution: 'rejected', by: 'erin' })
    await page.getByText('This has changed meanwhile').waitFor()
    expect(await page.getByLabel('Comment').first().inputValue()).toBe('half a sen')
    expect(problems).toEqual([])
  })

  it('shows what is asked after the page was made and before it listens', async () => {
    await using inbox = await serveInbox()
    const { page } = await openAs(browser, inbox.url)
    await page.locator('body[data-listening]').waitFor()
    const { promise: asked, resolve: listen } = Promise.withResolvers<void>()
    await page.route('**/inbox/events', async route => {
      await asked
      await route.continue()
    })
    await page.goto(inbox.url)
    await inbox.governor.run(refund('1'), () => 'paid')
    expect(await page.locator('body[data-listening]').count()).toBe(0)
    listen()
    await page.getByRole('article', { name: 'refund' }).waitFor()
  })

  it('answers a call that waits in another process', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'countersign-inbox-'))
    const file = join(folder, 'countersign.db')
    try {
      await using inbox = await serveInbox({ store: sqliteStore(file) })
      const { page } = await openAs(browser, inbox.url)
      await page.locator('body[data-listening]').waitFor()
      const asking = promisify(execFile)(process.execPath, [ASK, file], { timeout: 20_000 })
      await page.getByRole('article', { name: 'refund' }).getByRole('button', { name: 'Approve' }).click()
      await page.getByText('refund: approved by dana').waitFor()
      expect((await asking).stdout.trim()).toBe('executed')
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it('works without script', async () => {
    await using inbox = await serveInbox()
    await inbox.governor.run(refund('1'), () => 'paid')
    const { page } = await openAs(browser, inbox.url, { javaScriptEnabled: false })
    await page.getByRole('button', { name: 'Approve' }).click()
    await page.getByText('refund: approved by dana').waitFor()
  })

  it('runs nothing of what a call says', async () => {
    await using inbox = await serveInbox()
    const text = '</textarea><script>document.title="owned"</script><img src=x onerror="document.title=`owned`">'
    await inbox.governor.run({ id: '1', name: text, input: { [text]: text } }, () => 1, {
      actor: text,
      sessionId: text,
    })
    const { page, problems } = await openAs(browser, inbox.url)
    const [approval] = await inbox.governor.approvals.list()
    for (const path of ['', `/approvals/${approval?.id}`, `/approvals/${approval?.id}/edit`, '/decisions']) {
      await page.goto(`${inbox.url}${path}`)
      expect(await page.locator('main script, main img').count()).toBe(0)
      expect(await page.title()).not.toBe('owned')
    }
    expect(problems).toEqual([])
  })

  it('counts down', async () => {
    await using inbox = await serveInbox({ approvals: { ttlMs: 58_000 } })
    await inbox.governor.run(refund('1'), () => 'paid')
    const { page } = await openAs(browser, inbox.url)
    const left = page.locator('[data-expires]')
    const before = await left.innerText()
    expect(before).toMatch(/^\d+ s left$/)
    await page.waitForFunction(text => document.querySelector('[data-expires]')?.textContent !== text, before)
    const after = await left.innerText()
    expect(after).toMatch(/^\d+ s left$/)
    expect(Number.parseInt(after, 10)).toBeLessThan(Number.parseInt(before, 10))
  })

  describe.each([
    ['a desk, light', { viewport: { width: 1200, height: 900 }, colorScheme: 'light' as const }],
    ['a phone, dark', { viewport: { width: 390, height: 844 }, colorScheme: 'dark' as const, isMobile: true }],
  ])('on %s', (_name, view) => {
    it('can be used by everybody (axe), and every page fits', async () => {
      const rules = [rule('ask', { tools: ['*'], effect: 'require_approval', reason: 'ask about it', autonomy: true })]
      const limit = { count: 'calls', per: 'session', window: '24h', max: 4 } as const
      const cap = rule('cap', { tools: ['*'], limit, effect: 'require_approval', reason: 'often' })
      const policy = definePolicy({ name: 'p', rules: [...rules, cap] })
      await using inbox = await serveInbox({ policy, learning: { autonomy: {} }, approvals: { quorum: 2 } })
      const { governor, url } = inbox
      await governor.precedents(refund('0'))
      const session = governor.session({ user: 'ada', sessionId: 'a-session-with-a-long-name-0123456789' })
      const odd = {
        to: 'p\u0430ypal',
        note: 'abc\u202edef',
        long: 'z'.repeat(3000),
        url: 'x'.repeat(120),
        many: [1, 2, 3],
      }
      await session.run(refund('1', odd), () => 1, { profile: { value: 1_234_567.89, target: 'somebody' } })
      for (const id of ['2', '3', '4'])
        await session.run({ id, name: 'send_mail', input: { to: id, subject: 'x' } }, () => 1)
      for (const id of ['5', '6', '7']) {
        const { decision } = await session.run({ id, name: 'old', input: { id } }, () => 1)
        const resolution = id === '6' ? 'rejected' : 'approved'
        await governor.approvals.resolve(decision.approvalId ?? '', { resolution, by: 'erin', comment: 'as ever' })
        if (id !== '6') await governor.approvals.resolve(decision.approvalId ?? '', { resolution, by: 'finn' })
      }
      await governor.killSwitch.activate({ by: 'erin', reason: 'looks odd', tool: 'refund' })
      const approval = (await governor.approvals.list()).find(({ call }) => call.name === 'refund')
      const id = approval?.id ?? ''
      const link = linkPath(signLink({ approvalId: id, expiresAt: Date.now() + 60_000 }, SECRET))
      const { page, problems } = await openAs(browser, url, view)
      const paths = [
        '',
        `/approvals/${id}`,
        `/approvals/${id}/edit`,
        '/decisions',
        `/decisions/${approval?.decisionId}`,
      ]
      const seen: string[] = []
      for (const path of [
        ...paths,
        '/calibration',
        '/autonomy',
        '/stop',
        '/audit',
        link,
        '/sign-in',
        '/no-such-page',
      ]) {
        await page.goto(`${url}${path}`)
        const found = await problemsOf(page)
        seen.push(...found.map(problem => `${path} ${problem}`))
        const width = await page.evaluate(() => document.documentElement.scrollWidth)
        if (width > view.viewport.width) seen.push(`${path} is ${width} wide`)
      }
      await page.goto(`${url}/audit`)
      await page.getByRole('button', { name: 'Verify the log' }).click()
      await page.getByText('The log is whole').waitFor()
      seen.push(...(await problemsOf(page)))
      expect(seen).toEqual([])
      expect(problems.filter(text => !text.includes('404'))).toEqual([])
    })

    it('is in its colours', async () => {
      await using inbox = await serveInbox()
      const { page } = await openAs(browser, inbox.url, view)
      await page.getByRole('heading', { name: 'Nothing waits for you' }).waitFor()
      const ground = await page.evaluate(() => getComputedStyle(document.body).backgroundColor)
      expect(ground).toBe(view.colorScheme === 'dark' ? 'rgb(18, 22, 28)' : 'rgb(246, 247, 249)')
    })
  })
})
