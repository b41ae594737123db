import { existsSync } from 'node:fs'
import { userInfo } from 'node:os'
import type { Approval, DecisionFilter, Governor } from 'countersign'
import { Failure } from '../failure.js'
import type { Answer, DecisionQuery, Desk } from './desk.js'
import { governorOver } from './governing.js'
import { openStore } from './open-store.js'
import type { Database } from './target.js'
import { approvalView, decisionView } from './views.js'

/** Where a policy is looked for. */
export const DEFAULT_POLICY = 'countersign.yaml'

/** A database as a desk. @throws Failure where it cannot be opened */
export async function storeDesk(place: Database, auditKey: string | undefined): Promise<Desk> {
  const store = await openStore(place)
  const governor = await governorOver(store, { auditKey })
  return {
    decisions: async query => (await governor.decisions.list(filterOf(query))).map(decisionView),
    decision: async id => {
      const held = await governor.approvals.get(id)
      const record = await governor.decisions.get(held?.decisionId ?? id)
      if (record === undefined) throw new Failure(`there is no decision "${id}".`, LOOK_FOR_DECISIONS)
      return { view: decisionView(record), record }
    },
    approvals: async (status, limit) => {
      const filter = status === 'all' ? { limit } : { limit, status: status as Approval['status'] }
      return (await governor.approvals.list(filter)).map(approvalView)
    },
    approval: async id => approvalView(await find(governor, id)),
    resolve: async (id, answer) => {
      const { id: approvalId } = await find(governor, id)
      const judge =
        answer.input === undefined ? governor : await governorOver(store, { auditKey, policy: policyOf(answer) })
      return approvalView(await judge.approvals.resolve(approvalId, resolutionOf(answer)))
    },
    report: outcome => governor.reportOutcome({ reportedBy: account(), ...outcome }),
    close: () => governor.close(),
  }
}

const LOOK_FOR_DECISIONS = '`countersign decisions list` shows which there are.'

/** Name of whoever uses this machine. */
export function account(): string {
  try {
    return userInfo().username
  } catch {
    throw new Failure('your account has no name.', 'Say who you are with --by.')
  }
}

async function find({ approvals, decisions }: Governor, id: string): Promise<Approval> {
  const decision = await decisions.get(id)
  const approval = await approvals.get(decision?.approvalId ?? id)
  if (approval !== undefined) return approval
  const why = decision === undefined ? `there is no request "${id}".` : `nobody was asked about decision "${id}".`
  throw new Failure(why, '`countersign approvals list --status all` shows which requests there are.')
}

function filterOf({ tool, actor, session, result, withoutOutcome, limit }: DecisionQuery): DecisionFilter {
  return {
    limit,
    ...(tool === undefined ? {} : { tool }),
    ...(actor === undefined ? {} : { actor }),
    ...(session === undefined ? {} : { sessionId: session }),
    ...(result === undefined ? {} : { result: result as NonNullable<DecisionFilter['result']> }),
    ...(withoutOutcome === true ? { hasOutcome: false } : {}),
  }
}

function resolutionOf({ resolution, by = account(), comment, input }: Answer) {
  return {
    resolution,
    by,
    ...(comment === undefined ? {} : { comment }),
    ...(input === undefined ? {} : { input }),
  }
}

/** A changed call is decided on like a new one, and without a policy nothing would speak against it. */
function policyOf({ policy }: Answer): string {
  if (policy !== undefined) return policy
  if (existsSync(DEFAULT_POLICY)) return DEFAULT_POLICY
  throw new Failure(
    'a changed input is checked by the policy, and no countersign.yaml is here.',
    'Name the policy of the agent with --policy.',
    2,
  )
}
