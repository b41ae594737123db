import { present } from '../ambient.js'
import type { Approval, Grant } from '../approval.js'
import { readJson } from '../encoding.js'
import { fingerprint } from '../capture/input.js'
import { restore } from '../capture/storable.js'
import { GovernanceError } from '../errors.js'
import type { ApprovalFilter, Store } from '../store/store.js'
import type { Awaitable, EvaluationRequest, ToolCall } from '../types.js'
import type { Changed } from './approve/ballot-box.js'
import type { ApprovalDesk } from './approve/desk.js'
import type { ApprovalControl } from './governor.js'

/** What control over approvals needs of a governor. */
export interface ApprovalParts {
  readonly store: Store
  readonly desk: ApprovalDesk
  /** A call as it is seen in this scope. */
  readonly capture: (call: ToolCall) => Awaitable<EvaluationRequest>
  /** The tenant whose approvals these are; all tenants' when absent. */
  readonly tenant: string | undefined
  /** Told of each change. */
  readonly changed: (approval: Approval) => Promise<void>
  readonly granted: (grant: Grant) => void
}

/** So many are looked at again at once. */
const PAGE = 100

/** The approvals of a store, as one scope sees them. */
export function approvalControl({ store, desk, capture, tenant, changed, granted }: ApprovalParts): ApprovalControl {
  const tell: Changed = ({ approval, grant }) => {
    changed(approval).catch(() => undefined)
    if (grant !== undefined) granted(grant)
  }
  const find = async (id: string): Promise<Approval | undefined> => {
    const approval = await store.getApproval(id)
    return tenant === undefined || approval?.tenant === tenant ? approval : undefined
  }
  const existing = async (operation: string, id: string): Promise<Approval> => {
    const approval = await find(id)
    if (approval === undefined)
      throw new GovernanceError('not-found', `approvals.${operation}: there is no approval "${id}".`)
    return approval
  }
  /** One whose time is over is stored as pending until somebody looks. */
  const refreshPending = async (filter: ApprovalFilter): Promise<void> => {
    const pending = { ...filter, ...(tenant === undefined ? {} : { tenant }), status: 'pending', limit: PAGE } as const
    for (let page = await store.listApprovals(pending); page.length > 0;) {
      await Promise.all(page.map(approval => desk.refresh(approval, tell)))
      const before = page.at(-1)?.id
      page = page.length < PAGE || before === undefined ? [] : await store.listApprovals({ ...pending, before })
    }
  }
  return {
    list: async (filter = {}) => {
      if (filter.status === 'expired') await refreshPending(filter)
      const listed = await store.listApprovals(tenant === undefined ? filter : { ...filter, tenant })
      const current = await Promise.all(listed.map(approval => desk.refresh(approval, tell)))
      return filter.status === undefined ? current : current.filter(({ status }) => status === filter.status)
    },
    get: async id => {
      const approval = await find(id)
      return approval === undefined ? undefined : desk.refresh(approval, tell)
    },
    find: async call => {
      const approval = await requestFor(store, await capture(call))
      return approval === undefined ? undefined : desk.refresh(approval, tell)
    },
    answer: async (call, answer) => {
      const known = await requestFor(store, await capture(call))
      if (known === undefined)
        throw new GovernanceError('not-found', `approvals.answer: nobody was asked about this call of "${call.name}".`)
      const approval = await desk.refresh(known, tell)
      if (approval.status === 'pending') return desk.answerInChat(approval, answer, tell)
      const isTakenBack = approval.status === 'approved' && answer.resolution === 'rejected'
      return isTakenBack ? desk.withdraw(approval, answer, tell) : approval
    },
    resolve: async (id, resolution) => desk.resolve(await existing('resolve', id), resolution, tell),
    wait: async (id, { signal } = {}) => desk.wait(await existing('wait', id), signal, tell),
  }
}

/** The newest request for a call, found by its call id and bound by everything else but the actor, whom a tool's profile may name. */
async function requestFor(
  store: Store,
  { call, tool, digest, session }: EvaluationRequest,
): Promise<Approval | undefined> {
  const { id: sessionId, tenant, user } = session
  const filter = { callId: call.id, tool, ...present({ sessionId, tenant }) }
  for (const approval of await store.listApprovals(filter)) {
    const isOurs = approval.sessionId === sessionId && approval.tenant === tenant && approval.user === user
    if (isOurs && (approval.digest === digest || (await digestInJson(approval)) === digest)) return approval
  }
  return undefined
}

/** Of the input as it is once it has been through JSON, which a conversation is kept in. */
function digestInJson({ call: { input } }: Approval): Awaitable<string> {
  return fingerprint(readJson(JSON.stringify(restore(input), plain)))
}

/** JSON has no big integers at all. */
function plain(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value
}
