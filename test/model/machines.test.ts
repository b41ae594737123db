import type { Approval, Edit, Receipt } from 'countersign'
import { describe, expect, it } from 'vitest'
import { asOf, cancel, castVote, consume, effectiveDigest } from '../../src/enforce/approval/machine.js'
import { claim, fail, lose, reclaim, renew, standing, startAtOnce, succeed } from '../../src/execute/ledger/machine.js'

const LEASE = 2
const TTL = 5
const END = 8
const DEPTH = 13

/** One process, as far as it has come: what it read, and what it began. */
interface Reader {
  readonly approval: Approval | undefined
  readonly receipt: Receipt | undefined
  /** Fence of the effect that runs here. */
  readonly running: number
}

interface State {
  readonly now: number
  readonly approval: Approval
  readonly receipt: Receipt | undefined
  readonly readers: readonly [Reader, Reader]
  /** Digests the effect was begun with. */
  readonly starts: readonly string[]
  readonly uses: number
  readonly wasUnknown: boolean
}

interface Step {
  readonly label: string
  readonly next: State
}

const EFFECT = { key: 'k', decisionId: 'd', callId: 'c', tool: 't', digest: 'x', actor: 'agent' }
const EDIT: Edit = { tool: 't', input: {}, digest: 'y', changes: [] }
const OPENED: Approval = {
  id: 'a',
  revision: 1,
  key: 'k',
  policyVersion: 'p',
  decisionId: 'd',
  at: 0,
  expiresAt: TTL,
  digest: 'x',
  actor: 'agent',
  call: { id: 'c', name: 't', input: {} },
  reason: '',
  approver: 'chat-user',
  stages: [{ quorum: 1 }],
  onExpiry: 'reject',
  escalateTo: [],
  votes: [],
  status: 'pending',
}
const NOBODY: Reader = { approval: undefined, receipt: undefined, running: 0 }

interface Revised {
  readonly revision: number
}

/** What a store lets take the place of what. */
type Follows = (known: Revised | undefined, next: Revised) => boolean

/** What runs here, on what store. */
interface Rules {
  readonly retries: boolean
  readonly follows: Follows
}

const swaps: Follows = (known, { revision }) => revision === (known?.revision ?? 0) + 1

function attempt<T>(action: () => T): T | undefined {
  try {
    return action()
  } catch {
    return undefined
  }
}

/** Everything that two processes, people and time can do next, each with what it had read, however old that is. */
function stepsFrom(state: State, rules: Rules): readonly Step[] {
  const { now, readers } = state
  const { follows } = rules
  const steps: Step[] = []
  const to = (label: string, change: Partial<State>): number => steps.push({ label, next: { ...state, ...change } })
  if (now < END) to('time passes', { now: now + 1 })
  for (const index of [0, 1] as const) {
    const reader = readers[index]
    const other = readers[1 - index] ?? NOBODY
    const become = (changed: Reader): State['readers'] => (index === 0 ? [changed, other] : [other, changed])
    const name = `process ${index + 1}`
    to(`${name} reads`, { readers: become({ ...reader, approval: state.approval, receipt: state.receipt }) })
    to(`${name} dies`, { readers: become(NOBODY) })
    for (const vote of votes(reader, now))
      if (follows(state.approval, vote)) to(`${name} stores an answer: ${vote.status}`, { approval: vote })
    const expired = reader.approval && asOf(reader.approval, now)
    if (expired !== undefined && expired !== reader.approval && follows(state.approval, expired))
      to(`${name} stores an expiry`, { approval: expired })
    const cancelled = reader.approval && attempt(() => cancel(reader.approval as Approval, 'x', '', now))
    if (cancelled !== undefined && follows(state.approval, cancelled)) to(`${name} cancels`, { approval: cancelled })
    for (const [label, change, fence] of effects(state, reader, rules)) {
      to(`${name} ${label}`, { ...change, readers: become({ ...reader, running: fence }) })
    }
  }
  return steps
}

function votes({ approval }: Reader, at: number): readonly Approval[] {
  if (approval === undefined || asOf(approval, at) !== approval) return []
  const vote = { by: 'grace', at, channel: 'api' } as const
  return [
    attempt(() => castVote(approval, { vote: { ...vote, resolution: 'approved' } })),
    attempt(() => castVote(approval, { vote: { ...vote, resolution: 'approved' }, edit: EDIT })),
    attempt(() => castVote(approval, { vote: { ...vote, resolution: 'rejected' } })),
  ].filter(next => next !== undefined)
}

type Change = readonly [label: string, change: Partial<State>, fence: number]

function effects(state: State, { approval, receipt, running }: Reader, { retries, follows }: Rules): readonly Change[] {
  const { now, starts } = state
  const changes: Change[] = []
  const put = (label: string, next: Receipt | undefined, fence: number, more: Partial<State> = {}): void => {
    if (next === undefined || !follows(state.receipt, next)) return
    changes.push([label, { ...more, receipt: next, wasUnknown: state.wasUnknown || next.status === 'unknown' }, fence])
  }
  const used = approval && asOf(approval, now) === approval ? attempt(() => consume(approval, now)) : undefined
  const opened = attempt(() => startAtOnce(claim(receipt, EFFECT, now, LEASE), now))
  if (used !== undefined && opened?.revision === 1 && follows(state.approval, used)) {
    put('begins', opened, opened.fence, {
      approval: used,
      uses: state.uses + 1,
      starts: [...starts, effectiveDigest(used)],
    })
  }
  const digest = effectiveDigest(state.approval)
  if (opened !== undefined && opened.revision > 1)
    put('begins again', opened, opened.fence, { starts: [...starts, digest] })
  if (receipt === undefined) return changes
  if (retries) {
    const again = attempt(() => startAtOnce(reclaim(receipt, EFFECT, now, LEASE), now))
    if (again !== undefined) put('tries again', again, again.fence, { starts: [...starts, digest] })
  }
  put(
    'gives up what is lost',
    attempt(() => lose(receipt, now)),
    running,
  )
  const mine =
    receipt.fence === running && (receipt.status === 'started' || receipt.status === 'unknown') ? receipt : undefined
  if (mine === undefined) return changes
  put('succeeds', succeed(mine, { kind: 'json', value: 1 }, now), 0)
  put('fails', fail(mine, { name: 'Error', message: '' }, now), 0)
  if (mine.status === 'started') put('renews', renew(mine, now, LEASE), running)
  return changes
}

/** What is wrong with a state, or nothing. */
function problemOf({ starts, uses, receipt, approval, wasUnknown }: State, retries: boolean): string | undefined {
  if (!retries && starts.length > 1) return 'AtMostOneStart'
  if (starts.length > 0 && approval.status !== 'consumed') return 'NoStartWithoutValidApproval'
  if (approval.status === 'consumed' && approval.consumedAt >= approval.expiresAt) return 'NoStartWithoutValidApproval'
  if (!retries && wasUnknown && receipt !== undefined && standing(receipt, END * 2) === 'free')
    return 'UnknownNeverAutoRetried'
  if (uses > 1) return 'ConsumedOnce'
  const agreed = new Set(approval.votes.filter(({ resolution }) => resolution === 'approved').map(vote => vote.digest))
  if (starts.some(digest => !agreed.has(digest))) return 'NotConsumedByOtherDigest'
  return receipt !== undefined && receipt.fence !== starts.length
    ? 'the fencing token does not count the starts'
    : undefined
}

/** All states within so many steps, nearest first; the first that is wrong ends it, with the shortest way to it. */
function search(
  retries: boolean,
  depth: number,
  follows = swaps,
): { readonly states: number; readonly wrong: string | undefined } {
  const first: State = {
    now: 0,
    approval: OPENED,
    receipt: undefined,
    readers: [NOBODY, NOBODY],
    starts: [],
    uses: 0,
    wasUnknown: false,
  }
  const seen = new Set([JSON.stringify(first)])
  let level: readonly { readonly state: State; readonly way: string }[] = [{ state: first, way: '' }]
  for (let step = 0; step < depth && level.length > 0; step++) {
    const following: { readonly state: State; readonly way: string }[] = []
    for (const { state, way } of level) {
      for (const { label, next } of stepsFrom(state, { retries, follows })) {
        const text = nameOf(next)
        if (seen.has(text)) continue
        seen.add(text)
        const problem = problemOf(next, retries)
        if (problem !== undefined) return { states: seen.size, wrong: `${problem}:${way.slice(1)}, ${label}` }
        following.push({ state: next, way: `${way}, ${label}` })
      }
    }
    level = following
  }
  return { states: seen.size, wrong: undefined }
}

/** Two processes are as good as each other. */
function nameOf({ readers, ...rest }: State): string {
  return JSON.stringify([rest, readers.map(reader => JSON.stringify(reader)).toSorted()])
}

describe('the machines alone, on a store that compares and swaps', () => {
  for (const retries of [false, true]) {
    const kind = retries ? 'that may be tried again' : 'that must not be tried again'
    it(`keep every promise of an effect ${kind}, in all states within ${DEPTH} steps`, { timeout: 120_000 }, () => {
      const { states, wrong } = search(retries, DEPTH)
      console.log(`an effect ${kind}: ${states} states`)
      expect(wrong).toBeUndefined()
      expect(states).toBeGreaterThan(10_000)
    })
  }

  it('are caught at once on a store that does not', () => {
    const { wrong } = search(false, DEPTH, () => true)
    console.log(wrong)
    expect(wrong).toMatch(/^(AtMostOneStart|ConsumedOnce|NoStartWithoutValidApproval)/)
  })
})
