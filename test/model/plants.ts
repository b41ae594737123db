import type { Approval, Commit, Receipt, Store } from 'countersign'
import type * as key from '../../src/capture/key.js'
import type * as grants from '../../src/enforce/approval/grant.js'
import type * as approvals from '../../src/enforce/approval/machine.js'
import type * as ledger from '../../src/execute/ledger/machine.js'
import type { InvariantName } from './invariants.js'

/** Modules of which a transition may be replaced by a wrong one. */
export interface Planted {
  readonly ledger?: Partial<typeof ledger>
  readonly approvals?: Partial<typeof approvals>
  readonly grants?: Partial<typeof grants>
  readonly key?: Partial<typeof key>
}

/** One mistake, and what must notice it. */
export interface Plant extends Planted {
  readonly title: string
  /** Title of the scenario it is looked for in. */
  readonly scenario: string
  /** Each of them must notice it alone. */
  readonly caughtBy: readonly InvariantName[]
  readonly store?: (store: Store) => Store
}

type Started = Extract<Receipt, { status: 'started' }>
type Use = Parameters<typeof approvals.consume>
type Vote = Parameters<typeof approvals.castVote>

/** The real modules, for mistakes that are mostly right. */
export interface Real {
  readonly ledger: typeof ledger
  readonly approvals: typeof approvals
}

export const plants = (real: Real): readonly Plant[] => [
  {
    title: 'a lease is not looked at',
    scenario: 'two runs of an allowed call',
    ledger: {
      standing: (receipt, now) => (receipt?.status === 'started' ? 'lost' : real.ledger.standing(receipt, now)),
      lose: (receipt, now) => real.ledger.lose({ ...(receipt as Started), leaseUntil: 0 }, now),
    },
    caughtBy: ['LegalTransitions'],
  },
  {
    title: 'a lease never ends',
    scenario: 'two runs of an allowed call',
    ledger: {
      standing: (receipt, now) => (receipt?.status === 'started' ? 'running' : real.ledger.standing(receipt, now)),
    },
    caughtBy: ['NothingWaitsForEver'],
  },
  {
    title: 'a key is claimed without a look',
    scenario: 'two runs of an allowed call',
    ledger: { standing: receipt => (receipt?.status === 'succeeded' ? 'settled' : 'free'), claim: taken },
    caughtBy: ['AtMostOneStart', 'LegalTransitions'],
  },
  {
    title: 'what is lost counts as never begun',
    scenario: 'two runs of an allowed call',
    ledger: { lose: receipt => real.ledger.release(receipt as Started) as never },
    caughtBy: ['AtMostOneStart'],
  },
  {
    title: 'what is unknown is tried again',
    scenario: 'two runs of an approved call',
    ledger: {
      standing: (receipt, now) => (receipt?.status === 'unknown' ? 'free' : real.ledger.standing(receipt, now)),
      claim: taken,
    },
    caughtBy: ['UnknownNeverAutoRetried', 'AtMostOneStart'],
  },
  {
    title: 'a renewal changes nothing',
    scenario: 'renewals ‖ a process that is slow',
    ledger: { renew: receipt => ({ ...receipt, revision: receipt.revision + 1 }) },
    caughtBy: ['LegalTransitions'],
  },
  {
    title: 'what succeeded is given back',
    scenario: 'two runs of an allowed call',
    ledger: { succeed: receipt => real.ledger.release(receipt) },
    caughtBy: ['AtMostOneStart'],
  },
  {
    title: 'what succeeded is kept without its result',
    scenario: 'two runs of an allowed call',
    ledger: { succeed: (receipt, _output, now) => real.ledger.succeed(receipt, { kind: 'json', value: null }, now) },
    caughtBy: ['TrueAnswers'],
  },
  {
    title: 'what failed is tried again',
    scenario: 'a tool that throws ‖ run',
    ledger: { fail: receipt => real.ledger.release(receipt) },
    caughtBy: ['AtMostOneStart'],
  },
  {
    title: 'what was given back stays begun',
    scenario: 'a tool that is interrupted ‖ run',
    ledger: { release: receipt => ({ ...receipt, revision: receipt.revision + 1 }) },
    caughtBy: ['WhatIsAllowedHappens'],
  },
  {
    title: 'the fencing token does not grow',
    scenario: 'two runs of an idempotent tool',
    ledger: {
      reclaim: (known, ...rest) => ({ ...real.ledger.reclaim(known, ...rest), fence: known.fence }),
    },
    caughtBy: ['LegalTransitions'],
  },
  {
    title: 'an approval is used and stays approved',
    scenario: 'two runs of an approved call',
    approvals: { consume: approval => ({ ...approval, revision: approval.revision + 1 }) },
    caughtBy: ['NoStartWithoutValidApproval', 'LegalTransitions'],
  },
  {
    title: 'what is pending, or rejected, is used',
    scenario: 'run ‖ approve ‖ reject',
    approvals: {
      castVote: (approval, ballot) => ({ ...real.approvals.castVote(approval, approved(ballot)) }),
    },
    caughtBy: ['NoStartWithoutValidApproval', 'NotConsumedByOtherDigest', 'NothingAcknowledgedIsLost'],
  },
  {
    title: 'an approval is used again',
    scenario: 'two runs of an approved call',
    approvals: { consume: used },
    ledger: { claim: taken },
    store: storeThat(commit => commit, { receipt: 'any', approval: 'any' }),
    caughtBy: ['ConsumedOnce', 'AtMostOneStart'],
  },
  {
    title: 'time does not pass for an approval',
    scenario: 'an approved call ‖ its approval expires',
    approvals: { asOf: approval => approval },
    caughtBy: ['NoStartWithoutValidApproval'],
  },
  {
    title: 'what expired counts as approved',
    scenario: 'run ‖ approve ‖ expire',
    approvals: {
      asOf: (approval, now) =>
        now < approval.expiresAt || approval.status !== 'pending' ? approval : settled(approval, now),
    },
    caughtBy: ['LegalTransitions', 'NoStartWithoutValidApproval'],
  },
  {
    title: 'who acts may answer',
    scenario: 'who acts approves',
    approvals: {
      castVote: (approval, ballot) => ({
        ...real.approvals.castVote({ ...approval, actor: '?' }, ballot),
        actor: approval.actor,
      }),
    },
    caughtBy: ['NoStartWithoutValidApproval'],
  },
  {
    title: 'votes on another input count',
    scenario: 'two of three must approve, and one of them edits',
    approvals: { castVote: countsAll(real) },
    caughtBy: ['NoStartWithoutValidApproval'],
  },
  {
    title: 'one vote is enough',
    scenario: 'two of three must approve, and one of them edits',
    approvals: {
      castVote: (approval, ballot) => {
        const next = real.approvals.castVote(approval, ballot)
        return next.status === 'pending' ? settled(next, ballot.vote.at) : next
      },
    },
    caughtBy: ['NoStartWithoutValidApproval'],
  },
  {
    title: 'every answer counts as given before',
    scenario: 'run ‖ approve ‖ reject',
    approvals: { isRepeated: () => true },
    caughtBy: ['NothingAcknowledgedIsLost'],
  },
  {
    title: 'what was used is cancelled',
    scenario: 'use ‖ cancel: an edit that one process accepts and another does not',
    approvals: {
      cancel: (approval, by, comment, now) => ({
        ...real.approvals.cancel({ ...approval, status: 'pending' }, by, comment, now),
      }),
    },
    store: storeThat(commit => commit, { approval: 'any' }),
    caughtBy: ['LegalTransitions'],
  },
  {
    title: 'an approval is not bound to the input',
    scenario: 'other arguments under the same call id, beside the approved ones',
    key: { callKey: ({ call, session }) => `${session.id} ${call.id}` },
    caughtBy: ['NotConsumedByOtherDigest', 'NoStartWithoutValidApproval'],
  },
  {
    title: 'a grant does not count its uses',
    scenario: 'a grant of one use ‖ two calls',
    grants: { use: grant => ({ ...grant, revision: grant.revision + 1 }) },
    caughtBy: ['LimitHolds'],
  },
  {
    title: 'a store that does not compare revisions of receipts',
    scenario: 'two runs of an allowed call',
    store: storeThat(commit => commit, { receipt: 'any' }),
    caughtBy: ['AtMostOneStart', 'LegalTransitions'],
  },
  {
    title: 'a store that does not compare revisions of approvals',
    scenario: 'run ‖ approve ‖ reject',
    store: storeThat(commit => commit, { approval: 'any' }),
    caughtBy: ['LegalTransitions'],
  },
  {
    title: 'a store that does not compare revisions of grants',
    scenario: 'a grant of one use ‖ two calls',
    store: storeThat(commit => commit, { grant: 'any' }),
    caughtBy: ['LimitHolds', 'LegalTransitions'],
  },
  {
    title: 'a store that loses the receipt of a commit',
    scenario: 'two runs of an allowed call',
    store: storeThat(({ receipt: _receipt, ...rest }) => rest),
    caughtBy: ['AtMostOneStart'],
  },
  {
    title: 'a store that loses the receipt of an approval that is used',
    scenario: 'two runs of an approved call',
    store: storeThat(({ receipt, ...rest }) =>
      rest.approval === undefined && receipt !== undefined ? { ...rest, receipt } : rest,
    ),
    caughtBy: ['TrueAnswers'],
  },
  {
    title: 'a store that does not limit',
    scenario: 'a limit of one ‖ two approved calls',
    store: storeThat(({ spends: _spends, ...rest }) => rest),
    caughtBy: ['LimitHolds'],
  },
  {
    title: 'a store that forgets what an approver changed',
    scenario: 'two runs of an edited call',
    store: storeThat(({ approval, ...rest }) =>
      approval === undefined ? rest : { ...rest, approval: { ...approval, edit: undefined } as unknown as Approval },
    ),
    caughtBy: ['NotConsumedByOtherDigest'],
  },
]

function taken(
  known: Receipt | undefined,
  effect: Parameters<typeof ledger.claim>[1],
  now: number,
  leaseMs: number,
): Receipt {
  const { revision = 0, fence = 0, at = now } = known ?? {}
  return { ...effect, revision: revision + 1, fence: fence + 1, at, status: 'claimed', leaseUntil: now + leaseMs }
}

function used(approval: Use[0], now: Use[1]): Approval {
  return {
    ...(approval as Extract<Approval, { status: 'approved' }>),
    revision: approval.revision + 1,
    status: 'consumed',
    consumedAt: now,
  }
}

function approved({ vote, ...rest }: Vote[1]): Vote[1] {
  return { ...rest, vote: { ...vote, resolution: 'approved' } }
}

function settled(approval: Approval, now: number): Approval {
  return { ...approval, status: 'approved', resolvedAt: now, by: 'nobody' }
}

/** As if all that was said had been said of the input as it stands. */
function countsAll(real: Real): typeof approvals.castVote {
  return (approval, ballot) => {
    const digest = ballot.edit?.digest ?? real.approvals.effectiveDigest(approval)
    const votes = approval.votes.map(vote => ({ ...vote, digest }))
    return { ...real.approvals.castVote({ ...approval, votes }, ballot) }
  }
}

type Kind = 'approval' | 'receipt' | 'grant'

/** A store that makes something else of a commit, or takes any revision of a record for the next one. */
function storeThat(
  change: (commit: Commit) => Commit,
  loose: Partial<Record<Kind, 'any'>> = {},
): (store: Store) => Store {
  return store => {
    const current: Record<Kind, (id: string) => unknown> = {
      approval: id => store.getApproval(id),
      receipt: id => store.getReceipt(id),
      grant: id => store.getGrant(id),
    }
    const followed = (commit: Commit, kind: Kind): Commit => {
      const record = commit[kind]
      if (record === undefined || loose[kind] === undefined) return commit
      const id = 'key' in record && kind === 'receipt' ? record.key : (record as { readonly id: string }).id
      const known = current[kind](id) as { readonly revision: number } | undefined
      return { ...commit, [kind]: { ...record, revision: (known?.revision ?? 0) + 1 } }
    }
    const kinds: readonly Kind[] = ['approval', 'receipt', 'grant']
    return { ...store, commit: commit => store.commit(kinds.reduce(followed, change(commit))) }
  }
}
