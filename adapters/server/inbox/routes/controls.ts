import type { KillSwitchScope } from 'countersign'
import type { Hono } from 'hono'
import { type Desk, Refused, send, type SignedVisit, whyRefused } from '../desk.js'
import { auditPage } from '../pages/audit.js'
import { autonomyPage } from '../pages/autonomy.js'
import { at } from '../pages/layout.js'
import { stopPage } from '../pages/stop.js'

/** What people switch on and off, and the check of the log. */
export function controlRoutes(app: Hono, desk: Desk): void {
  app.get('/stop', async context => {
    const visit = await desk.signed(context)
    return send(context, stopPage(visit, await stopped(desk, visit)))
  })
  app.post('/stop', async context => {
    const { visit, said } = await desk.form(context)
    const refused = await tried(() => stop(desk, visit, said))
    if (refused === undefined) return context.redirect(at(visit, '/stop'), 303)
    const { problem, status } = refused
    return send(context, stopPage(visit, { ...(await stopped(desk, visit)), problem }), status)
  })
  app.get('/autonomy', async context => {
    const visit = await desk.signed(context)
    return send(context, autonomyPage(visit, await earned(desk, visit)))
  })
  app.post('/autonomy', async context => {
    const { visit, said } = await desk.form(context)
    const refused = await tried(() => sayOfAutonomy(desk, visit, said))
    if (refused === undefined) return context.redirect(at(visit, '/autonomy'), 303)
    const { problem, status } = refused
    return send(context, autonomyPage(visit, { ...(await earned(desk, visit)), problem }), status)
  })
  app.get('/audit', async context => send(context, auditPage(await desk.signed(context), {})))
  app.post('/audit', async context => {
    const { visit } = await desk.form(context)
    try {
      const verification = await desk.governorOf(visit.approver.tenant).audit.verify()
      return await send(context, auditPage(visit, { verification }))
    } catch (error) {
      const { problem, status } = whyRefused(error)
      return send(context, auditPage(visit, { problem }), status)
    }
  })
}

async function tried(act: () => Promise<unknown>): Promise<ReturnType<typeof whyRefused> | undefined> {
  try {
    await act()
    return undefined
  } catch (error) {
    return whyRefused(error)
  }
}

async function stopped(desk: Desk, { approver }: SignedVisit) {
  const { switches } = await desk.governorOf(approver.tenant).killSwitch.status()
  return { switches }
}

async function stop(desk: Desk, { approver }: SignedVisit, said: URLSearchParams): Promise<void> {
  const { name: by } = approver
  // Whoever sees all tenants may switch off what stops one of them.
  const { killSwitch } = desk.governorOf(approver.tenant ?? said.get('tenant') ?? undefined)
  const scope = Object.fromEntries(
    ['tool', 'domain', 'rule'].map(name => [name, (said.get(name) ?? '').trim()]).filter(([, text]) => text !== ''),
  ) as Pick<KillSwitchScope, 'tool' | 'domain' | 'rule'>
  if (said.get('say') === 'deactivate') return killSwitch.deactivate({ by, ...scope })
  if (said.get('say') !== 'activate') throw new Refused(403, 'Say whether calls are to be stopped.')
  return killSwitch.activate({ by, reason: (said.get('reason') ?? '').trim(), ...scope })
}

async function earned(desk: Desk, { approver }: SignedVisit) {
  const { autonomy, grants } = desk.governorOf(approver.tenant)
  const liveAt = desk.settings.clock.now()
  return { report: await autonomy.report(), grants: await grants.list({ liveAt }) }
}

async function sayOfAutonomy(desk: Desk, { approver }: SignedVisit, said: URLSearchParams): Promise<unknown> {
  const { autonomy, grants } = desk.governorOf(approver.tenant)
  const { name: by } = approver
  const of = said.get('of') ?? ''
  switch (said.get('say')) {
    case 'veto':
      return autonomy.veto(of, { by })
    case 'restore':
      return autonomy.restore(of, { by })
    case 'revoke':
      return grants.revoke(said.get('grant') ?? '', { by })
    default:
      throw new Refused(403, 'Say what is to change.')
  }
}
