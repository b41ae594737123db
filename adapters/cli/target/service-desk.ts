import { isServiceError } from 'countersign'
import type { ApprovalItem } from 'countersign/client'
import { Failure, misused } from '../failure.js'
import type { Answer, DecisionQuery, Desk } from './desk.js'
import { asking, serviceAt } from './service.js'
import { type Fields, list, number, object, text, words } from './service-fields.js'
import type { TargetOptions } from './target.js'
import type { ApprovalView, DecisionView } from './views.js'

const ALL = 1000
const VERDICTS: Readonly<Record<string, string>> = {
  allowed: 'ALLOWED',
  blocked: 'BLOCKED',
  requires_approval: 'APPROVAL_REQUIRED',
}

/** A service as a desk. */
export function serviceDesk(url: string, options: TargetOptions): Desk {
  const service = serviceAt(url, options)
  const ask = <T>(request: () => Promise<T>): Promise<T> => asking(url, request)
  const approvals = async (status: string, limit: number): Promise<readonly ApprovalView[]> =>
    (await ask(() => service.approvals.list({ status, limit }))).map(approvalOf)
  const approval = async (id: string): Promise<ApprovalView> => {
    const found = (await approvals('all', ALL)).find(known => known.id === id || known.decisionId === id)
    if (found !== undefined) return found
    throw new Failure(
      `${url} knows no request "${id}".`,
      '`countersign approvals list --status all` shows which it knows.',
    )
  }
  return {
    decisions: async query => {
      const listed = await ask(() => service.cases.list(filterOf(query)))
      return list(Array.isArray(listed) ? listed : listed['cases']).map(decisionOf)
    },
    decision: async id => {
      const missing = new Failure(
        `${url} knows no decision "${id}".`,
        '`countersign decisions list` shows which it knows.',
      )
      const record = await ask(async () => {
        try {
          return await service.cases.get(id)
        } catch (error) {
          throw isServiceError(error, 'not-found') ? missing : error
        }
      })
      return { view: decisionOf(record), record }
    },
    approvals: (status, limit) => approvals(status === 'rejected' ? 'denied' : status, limit),
    approval,
    resolve: async (id, answer) => {
      const comment = commentOf(answer)
      const { decisionId } = await approval(id)
      const { resolution } = answer
      return approvalOf(await ask(() => service.approvals.resolve(decisionId, { resolution, ...comment })))
    },
    report: async ({ decisionId, ...outcome }) => {
      await ask(() => service.outcomes.report({ ...outcome, requestId: decisionId }))
    },
    close: async () => {
      service.close()
    },
  }
}

/** A service knows who answers by the key, and takes a call as it is. */
function commentOf({ by, input, comment }: Answer): { readonly comment?: string } {
  if (by !== undefined) throw misused('--by is for a database: a service knows who answers by the key.')
  if (input !== undefined) throw misused('--input is for a database: over HTTP a call is approved as it is, or not.')
  return comment === undefined ? {} : { comment }
}

function filterOf({ tool, actor, session, result, withoutOutcome, limit }: DecisionQuery) {
  if (actor !== undefined || session !== undefined) throw misused('--actor and --session are for a database.')
  return {
    limit,
    ...(tool === undefined ? {} : { tool }),
    ...(result === undefined ? {} : { verdict: VERDICTS[result] ?? result }),
    ...(withoutOutcome === true ? { hasOutcome: false } : {}),
  }
}

function decisionOf(found: Fields): DecisionView {
  const [action, verdict] = [object(found['action']), object(found['verdict'])]
  const said = text(verdict['verdict'])
  const tool = text(action['tool']) ?? text(action['action']) ?? ''
  return {
    id: text(found['caseId']) ?? text(found['requestId']) ?? '',
    at: text(found['createdAt']) ?? '',
    tool,
    action: text(action['action']) ?? tool,
    actor: text(found['actor']) ?? '',
    domain: text(found['domain']),
    value: number(action['value']),
    target: text(action['target']),
    result: Object.keys(VERDICTS).find(key => VERDICTS[key] === said) ?? said ?? '',
    reason: words(verdict['reasons']).join('; '),
    riskScore: number(verdict['riskScore']),
    outcome: text(found['outcomeStatus']),
  }
}

function approvalOf(item: ApprovalItem): ApprovalView {
  const decisionId = item.requestId ?? item.validationId ?? ''
  return {
    id: text(item['approvalId']) ?? decisionId,
    decisionId,
    status: item.status === 'denied' ? 'rejected' : (item.status ?? ''),
    tool: text(item['tool']) ?? item.action ?? '',
    actor: item.actor ?? '',
    value: item.value ?? undefined,
    target: text(item['target']),
    reason: text(item['reason']) ?? '',
    at: item.createdAt ?? '',
    expiresAt: text(item['expiresAt']),
    input: item['input'] ?? item['arguments'],
    by: text(item['resolvedBy']),
    comment: text(item['comment']),
    resolvedAt: text(item['resolvedAt']),
  }
}
