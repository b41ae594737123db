import type { DecisionFilter } from 'countersign'
import type { Hono } from 'hono'
import { type Desk, Refused, send } from '../desk.js'
import { calibrationPage } from '../pages/calibration.js'
import { decisionPage, decisionsPage } from '../pages/decisions.js'

const MOST = 100
/** Groups of the risk–coverage picture. */
const FINE = 200

/** What happened, and how good the risks were. */
export function insightRoutes(app: Hono, desk: Desk): void {
  app.get('/decisions', async context => {
    const visit = await desk.signed(context)
    const { session, tool, result, before } = filled(context.req.query())
    const wanted = { ...(tool && { tool }), ...(result && { result }), ...(before && { before }) }
    const filter = { ...wanted, ...(session && { sessionId: session }), limit: MOST + 1 } as DecisionFilter
    const found = await desk.governorOf(visit.approver.tenant).decisions.list(filter)
    const decisions = found.slice(0, MOST)
    const parts = { wanted: { ...wanted, ...(session && { session }) }, decisions, hasMore: found.length > MOST }
    return send(context, decisionsPage(visit, parts))
  })
  app.get('/decisions/:id', async context => {
    const visit = await desk.signed(context)
    const decision = await desk.governorOf(visit.approver.tenant).decisions.get(context.req.param('id'))
    if (decision === undefined) throw new Refused(404, 'There is no such decision.')
    return send(context, decisionPage(visit, decision))
  })
  app.get('/calibration', async context => {
    const visit = await desk.signed(context)
    const { calibration } = desk.governorOf(visit.approver.tenant)
    const report = await calibration.report()
    const reliability = await calibration.reliability()
    const coverage = await calibration.reliability({ bins: FINE })
    return send(context, calibrationPage(visit, { report, reliability, coverage }))
  })
}

/** A field of a form that was left empty asks for nothing. */
function filled(query: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(query).filter(([, value]) => value !== ''))
}
