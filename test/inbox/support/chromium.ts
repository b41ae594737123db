import { existsSync } from 'node:fs'
import { serve } from '@hono/node-server'
import { createGovernor, type GovernorOptions, memoryStore } from 'countersign'
import { createInbox } from 'countersign/server'
import { Hono } from 'hono'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { KEYS, SECRET } from './inbox.js'

const PLACES = [process.env['CHROMIUM'], '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** Where Chromium is on this machine; nothing where there is none. */
export const executablePath = PLACES.find(place => place !== undefined && existsSync(place))

/** Where a Chromium is required, not to have one is a failure; elsewhere these tests are skipped. */
export const isSkipped = executablePath === undefined && process.env['COUNTERSIGN_REQUIRE_CHROMIUM'] !== '1'

/** Starts the browser that all tests of a file share. */
export function launch(): Promise<Browser> {
  if (executablePath === undefined) throw new Error('There is no Chromium here, and COUNTERSIGN_REQUIRE_CHROMIUM is 1.')
  return chromium.launch({ executablePath, args: ['--no-sandbox'] })
}

/** An inbox on a port of this machine. */
export async function serveInbox({ store = memoryStore(), ...options }: GovernorOptions = {}) {
  const governor = createGovernor({ store, unlisted: 'require_approval', ...options })
  const app = new Hono()
  app.route('/inbox', createInbox({ governor, signIn: { keys: KEYS }, secret: SECRET, pollMs: 100 }))
  const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' })
  await new Promise<void>(resolve => {
    server.once('listening', () => resolve())
  })
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const close = async (): Promise<void> => {
    if ('closeAllConnections' in server) server.closeAllConnections()
    await new Promise<void>(resolve => {
      server.close(() => resolve())
    })
    await governor.close()
  }
  return { governor, store, url: `http://127.0.0.1:${port}/inbox`, [Symbol.asyncDispose]: close }
}

/** A page of somebody who has signed in. What goes wrong in it is kept. */
export async function openAs(
  browser: Browser,
  url: string,
  { key = 'long-key-of-dana', ...view }: BrowserContextOptions & { readonly key?: string } = {},
): Promise<{ readonly page: Page; readonly problems: string[] }> {
  const context = await browser.newContext(view)
  const page = await context.newPage()
  const problems: string[] = []
  page.on('pageerror', error => problems.push(String(error)))
  page.on('console', message => {
    if (message.type() === 'error') problems.push(message.text())
  })
  await page.goto(`${url}/sign-in`)
  await page.getByLabel('Key of an approver').fill(key)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.waitForURL(url)
  return { page, problems }
}
