import { type Alternative, type Approval, changesBetween, type Precedent, restore } from 'countersign'
import type { Context, Hono } from 'hono'
import { asked, type Desk, Refused, send, type SignedVisit, whyRefused } from '../desk.js'
import { verifyLink } from '../link.js'
import { type Edited, editedAsJson, editedByField } from '../look/edited.js'
import { approvalPage } from '../pages/approval.js'
import type { Held } from '../pages/card.js'
import { approvedInput, editPage } from '../pages/edit.js'
import { inboxPage } from '../pages/inbox.js'
import { at } from '../pages/layout.js'

/** Requests on one page. */
const MOST = 100
/** Requests that are answered at once. */
const MOST_AT_ONCE = 200
const CITED = 10

/** What waits, one request, and everything that answers. */
export function approvalRoutes(app: Hono, desk: Desk): void {
  app.get('/', context => showInbox(desk, context))
  app.get('/approvals/:id', async context => {
    const visit = await desk.signed(context)
    const held = await desk.one(visit.approver.tenant, context.req.param('id'))
    return send(context, await onePage(desk, visit, held))
  })
  app.get('/links/:token', context => showLink(desk, context))
  app.post('/approvals/:id', async context => {
    const { visit, said } = await desk.form(context)
    const { id } = (await desk.one(visit.approver.tenant, context.req.param('id'))).approval
    const problem = await answerOne(desk, visit, id, said, said.get('digest'))
    if (problem === undefined) return context.redirect(`${at(visit, '/')}?answered=${id}`, 303)
    const held = await desk.one(visit.approver.tenant, id)
    return send(context, await onePage(desk, visit, held, problem.problem), problem.status)
  })
  app.post('/batch', context => answerMany(desk, context))
  app.get('/approvals/:id/edit', async context => {
    const visit = await desk.signed(context)
    const { approval } = await desk.one(visit.approver.tenant, context.req.param('id'))
    const alternatives = await alternativesTo(desk, visit, approval)
    return send(context, editPage(visit, { approval, alternatives }))
  })
  app.post('/approvals/:id/edit', context => edit(desk, context))
}

async function showInbox(desk: Desk, context: Context): Promise<Response> {
  const visit = await desk.signed(context)
  const governor = desk.governorOf(visit.approver.tenant)
  const pending = await governor.approvals.list({ status: 'pending', limit: MOST + 1 })
  const urgent = pending.slice(0, MOST).toSorted((a, b) => a.expiresAt - b.expiresAt || (a.id < b.id ? -1 : 1))
  const ids = context.req.queries('answered') ?? []
  const found = await Promise.all(ids.slice(0, MOST_AT_ONCE).map(id => governor.approvals.get(id)))
  const answered = await desk.held(
    governor,
    found.filter(approval => approval !== undefined),
  )
  const held = await desk.held(governor, urgent)
  return send(context, inboxPage(visit, { held, hasMore: pending.length > MOST, answered }))
}

/** To read, and nothing else: whoever has the link need not be somebody who may answer. */
async function showLink(desk: Desk, context: Context): Promise<Response> {
  const { secret, showsLinks, clock } = desk.settings
  const token = context.req.param('token') ?? ''
  const claims = showsLinks ? verifyLink(token, secret, clock.now()) : undefined
  if (claims === undefined) throw new Refused(404, 'This link is over, or was never one. Sign in to see what waits.')
  const held = await desk.one(undefined, claims.approvalId)
  return send(context, approvalPage(desk.visit(context), { ...held, precedents: [], readOnly: true }))
}

async function onePage(desk: Desk, visit: SignedVisit, held: Held, problem?: string) {
  const precedents = held.approval.status === 'pending' ? await similarTo(desk, held.approval) : []
  return approvalPage(visit, { ...held, precedents, ...(problem === undefined ? {} : { problem }) })
}

/** Nothing where nothing was learnt, and where the call cannot be read any more: it explains, and decides nothing. */
async function similarTo(desk: Desk, approval: Approval): Promise<readonly Precedent[]> {
  const [call, scope] = asked(approval)
  try {
    return await desk.governorOf(approval.tenant).precedents(call, { ...scope, limit: CITED })
  } catch (error) {
    desk.settings.onError(error)
    return []
  }
}

/** Forms of a held call that would need nobody. Likewise. */
async function alternativesTo(
  desk: Desk,
  { approver }: SignedVisit,
  approval: Approval,
): Promise<readonly Alternative[]> {
  if (approval.status !== 'pending') return []
  try {
    return (await desk.governorOf(approver.tenant).explain(approval.decisionId)).alternatives
  } catch (error) {
    desk.settings.onError(error)
    return []
  }
}

/** Why an answer was refused; nothing where it counts. */
async function answerOne(
  desk: Desk,
  { approver }: SignedVisit,
  id: string,
  said: URLSearchParams,
  digest: string | null,
  edited?: { readonly input: unknown },
): Promise<ReturnType<typeof whyRefused> | undefined> {
  const resolution = edited === undefined ? said.get('resolution') : 'approved'
  const comment = (said.get('comment') ?? '').replaceAll('\r\n', '\n').trim()
  try {
    if (resolution !== 'approved' && resolution !== 'rejected')
      throw new Refused(403, 'Say whether it is approved or rejected.')
    await desk.governorOf(approver.tenant).approvals.resolve(id, {
      resolution,
      by: approver.name,
      ...(approver.credentials && { credentials: approver.credentials }),
      // What was shown: nothing is approved unseen that a colleague has changed meanwhile.
      digest: digest ?? '',
      ...(comment === '' ? {} : { comment }),
      ...(edited === undefined ? {} : { input: restore(edited.input) }),
    })
    return undefined
  } catch (error) {
    return whyRefused(error)
  }
}

async function answerMany(desk: Desk, context: Context): Promise<Response> {
  const { visit, said } = await desk.form(context)
  const answered = new URLSearchParams()
  const ids = [...new Set(said.getAll('id'))].slice(0, MOST_AT_ONCE)
  for (const id of ids) {
    const { approval } = await desk.one(visit.approver.tenant, id)
    const problem = await answerOne(desk, visit, approval.id, said, said.get(`digest-${id}`))
    if (problem !== undefined) {
      const held = await desk.one(visit.approver.tenant, id)
      const done = answered.size === 0 ? '' : ` ${answered.size} before it were answered.`
      return send(context, await onePage(desk, visit, held, problem.problem + done), problem.status)
    }
    answered.append('answered', approval.id)
  }
  return context.redirect(`${at(visit, '/')}?${answered.toString()}`, 303)
}

async function edit(desk: Desk, context: Context): Promise<Response> {
  const { visit, said } = await desk.form(context)
  const { approval } = await desk.one(visit.approver.tenant, context.req.param('id') ?? '')
  const before = approvedInput(approval)
  const json = said.get('json')
  const edited: Edited = json === null ? editedByField(before, name => said.get(name) ?? undefined) : editedAsJson(json)
  const comment = said.get('comment') ?? ''
  if ('problem' in edited) {
    return send(context, editPage(visit, { approval, edited, ...(json === null ? {} : { text: json }) }), 422)
  }
  const changes = changesBetween(before, edited.input)
  if (said.get('step') !== 'approve') return send(context, editPage(visit, { approval, edited, changes, comment }))
  const refused = await answerOne(desk, visit, approval.id, said, said.get('digest'), edited)
  if (refused === undefined) return context.redirect(`${at(visit, '/')}?answered=${approval.id}`, 303)
  const { problem, status } = refused
  return send(context, editPage(visit, { approval, edited, changes, comment, problem }), status)
}
