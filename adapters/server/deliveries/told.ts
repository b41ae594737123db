import type { Approval, AuditEntry, DecisionRecord } from 'countersign'
import { readPersonal } from '../../../src/report/audit/personal.js'
import { type Announcement, decisionNews, endedNews, outcomeNews, switchNews, waitingNews } from './news.js'
import type { StoredInput } from './stored-input.js'

/** Where what an entry speaks of is read from. */
export interface Sources {
  readonly decision: (id: string) => Promise<DecisionRecord | undefined>
  readonly approval: (id: string) => Promise<Approval | undefined>
  readonly input: StoredInput
}

/** Something that the audit log says has happened. */
export interface Happened extends Pick<Announcement, 'event' | 'tenant' | 'subject' | 'at'> {
  /** What is told of it; nothing, where what it speaks of is not stored any more. */
  readonly news: (sources: Sources) => Promise<Announcement | undefined>
}

type Facts = Readonly<Record<string, unknown>>

const ENDS: ReadonlySet<unknown> = new Set(['approved', 'rejected', 'expired', 'cancelled'])

/** What of an entry is news; nothing of most. */
export function happenedIn({ body, personal, tenant }: AuditEntry): Happened | undefined {
  const facts = JSON.parse(body) as Facts
  const { kind, at, id, decisionId, step, status } = facts
  if (typeof at !== 'number') return undefined
  const about = { tenant, at }
  if (kind === 'decision' && typeof decisionId === 'string') {
    const news = async ({ decision, approval, input }: Sources) => {
      const found = await decision(decisionId)
      if (found === undefined) return undefined
      const asked = found.approvalId === undefined ? undefined : await approval(found.approvalId)
      return { ...decisionNews(found), input: input(asked) }
    }
    return { ...about, event: 'decision_event.created', subject: decisionId, news }
  }
  if (kind === 'approval' && typeof id === 'string') {
    if (step === 'opened') {
      const news = async ({ approval, input }: Sources) =>
        mapped(await approval(id), found => waitingNews(found, input))
      return { ...about, event: 'approval.requested', subject: id, news }
    }
    if (step === 'consumed' || !ENDS.has(status)) return undefined
    const news = async ({ approval }: Sources) =>
      mapped(await approval(id), found => endedNews(found, status as Approval['status'], at))
    return { ...about, event: 'approval.resolved', subject: `${id} ${String(status)}`, news }
  }
  if (kind === 'outcome' && typeof id === 'string' && typeof decisionId === 'string') {
    const news = async ({ decision }: Sources) => {
      const outcome = (await decision(decisionId))?.outcomes.find(found => found.id === id)
      return outcome && outcomeNews(outcome, tenant, at)
    }
    return { ...about, event: 'outcome.reported', subject: id, news }
  }
  if (kind === 'kill-switch') {
    const told = switchNews(thrown(facts, personal, tenant), facts['active'] === true)
    return { ...told, news: () => Promise.resolve(told) }
  }
  return undefined
}

function thrown(facts: Facts, personal: string | undefined, tenant: string | undefined) {
  const said = readPersonal(personal)
  const scope = Object.entries({ tool: facts['tool'], domain: facts['domain'], rule: facts['rule'], tenant })
  return {
    ...Object.fromEntries(scope.filter(([, value]) => typeof value === 'string')),
    by: textOr(said?.get('by')?.[1]),
    reason: textOr(said?.get('reason')?.[1]),
    at: facts['at'] as number,
  }
}

function textOr(value: unknown): string {
  return typeof value === 'string' ? value : '[erased]'
}

function mapped<T>(found: T | undefined, news: (found: T) => Announcement): Announcement | undefined {
  return found === undefined ? undefined : news(found)
}
