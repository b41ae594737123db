import { type Clock, newId, present } from '../../ambient.js'
import type { Approval, Grant } from '../../approval.js'
import { writeGrant } from '../../enforce/approval/grant.js'
import { asOf, type Ballot, cancel, castVote, effectiveDigest, isRepeated } from '../../enforce/approval/machine.js'
import type { Resolution } from '../../enforce/approval/resolution.js'
import { GovernanceError } from '../../errors.js'
import { endingOf } from '../../report/ending.js'
import type { Commit, Store } from '../../store/store.js'
import type { Journal } from '../journal.js'
import type { News } from '../news.js'
import type { Reader } from '../reader.js'
import type { Edits, Wanted } from './edits.js'

/** What counting votes needs of a governor. */
export interface BallotBoxParts {
  readonly store: Pick<Store, 'getApproval'>
  readonly reader: Reader
  readonly journal: Journal
  readonly news: News
  readonly edits: Edits
  readonly clock: Clock
}

/** Told of each change of a request, and of each grant given with one. */
export type Changed = (change: { readonly approval: Approval; readonly grant?: Grant }) => void

/** One person's vote, and what comes with it. */
export interface CastVote {
  readonly vote: Ballot['vote']
  /** What the call is to be. @defaultValue as it stands */
  readonly wanted?: Wanted
  /** Given with an approval. */
  readonly grant?: Resolution['grant']
  /** Of whoever votes. */
  readonly credentials?: Resolution['credentials']
  /** What was said before is refused once the request is settled. @defaultValue false */
  readonly once?: boolean
}

/** Tries of a write that others keep coming in between. */
const MAX_ATTEMPTS = 20

/** Brings the changes of requests into the store, whoever else writes. The transitions are in `enforce/approval/machine.ts`. */
export class BallotBox {
  readonly #parts: BallotBoxParts

  constructor(parts: BallotBoxParts) {
    this.#parts = parts
  }

  /** The request as it is now: what expired or escalated meanwhile is written down. */
  async refresh(approval: Approval, changed: Changed): Promise<Approval> {
    const { clock, store } = this.#parts
    let known = approval
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const at = clock.now()
      const current = asOf(known, at)
      if (current === known) return known
      // What expires in several steps at once is one write.
      const next = { ...current, revision: known.revision + 1 }
      if (await this.#commit({ at, approval: next })) {
        changed({ approval: next })
        return next
      }
      known = (await store.getApproval(approval.id)) ?? known
    }
    return known
  }

  /**
   * Counts a vote on the request as it was shown.
   *
   * @throws GovernanceError `not-pending`, `not-permitted`, `invalid-token`; what refuses an edit ({@link Edits.make}); `store-failed` where
   * others kept changing it
   */
  async cast(shown: Approval, cast: CastVote, changed: Changed): Promise<Approval> {
    const { store, clock } = this.#parts
    if (cast.grant !== undefined) refuseGrant(shown, cast)
    let known = await this.refresh(shown, changed)
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      refuseUnseen(shown, known, cast)
      const next = await this.#counted(known, cast)
      if (next === known) return known
      const at = clock.now()
      const isGranted = cast.grant !== undefined && next.status === 'approved'
      const grant = isGranted ? { grant: writeGrant(newId(at), next, cast.grant, cast.vote.by, at) } : {}
      if (await this.#commit({ at, approval: next, ...grant })) {
        changed({ approval: next, ...grant })
        return next
      }
      const latest = await store.getApproval(known.id)
      if (latest === undefined) break
      known = await this.refresh(latest, changed)
    }
    throw new GovernanceError('store-failed', `Approval "${shown.id}" was not resolved: it kept changing meanwhile.`)
  }

  /** Takes back an approval that was not used yet. @throws GovernanceError `not-pending` when it was */
  async withdraw(approval: Approval, by: string, why: string, changed: Changed): Promise<Approval> {
    const at = this.#parts.clock.now()
    const cancelled = cancel(approval, by, why, at)
    const isWithdrawn = await this.#commit({ at, approval: cancelled })
    if (!isWithdrawn) throw new GovernanceError('not-pending', `Approval "${approval.id}" was used meanwhile.`)
    changed({ approval: cancelled })
    return cancelled
  }

  /** The request with one more vote; itself, where the same person has said the same before. */
  async #counted(approval: Approval, { vote, wanted = {}, credentials, once = false }: CastVote): Promise<Approval> {
    const { edits } = this.#parts
    const digest = await edits.digestOf(approval, wanted)
    const mayRepeat = !once || approval.status === 'pending'
    if (mayRepeat && digest === effectiveDigest(approval) && isRepeated(approval, vote)) return approval
    const edit = approval.status === 'pending' ? await edits.make(approval, wanted, digest) : undefined
    return castVote(approval, { vote, ...present({ edit, credentials }) })
  }

  /** Writes a request, and with it what ends with it. Whether nobody else has come in between. */
  async #commit(commit: Commit & { readonly approval: Approval }): Promise<boolean> {
    const { journal, news } = this.#parts
    const ended = await this.#ended(commit.approval)
    let committed = false
    try {
      committed = (await journal.commit({ ...commit, ...ended })).committed
    } finally {
      if (!committed) news.takeBack(ended)
    }
    return committed
  }

  /** A call whose request has ended without an approval has ended with it. */
  async #ended({ status, decisionId }: Approval): Promise<Pick<Commit, 'execution' | 'outbox'>> {
    if (status === 'pending' || status === 'approved') return {}
    const { reader, news, clock } = this.#parts
    const decision = await reader.findDecision(decisionId)
    if (decision === undefined) return {}
    const execution = endingOf(decision, { status: 'blocked', durationMs: 0 }, clock.now())
    return { execution, ...news.ofEnding(decision, execution) }
  }
}

/** A yes is to the input that was there when it was given, and to no other that came in between. */
function refuseUnseen(shown: Approval, known: Approval, { vote, wanted = {} }: CastVote): void {
  const isAsItStands = vote.resolution === 'approved' && wanted.input === undefined && wanted.tool === undefined
  if (!isAsItStands || known.status !== 'pending' || effectiveDigest(known) === effectiveDigest(shown)) return
  throw new GovernanceError(
    'not-permitted',
    `Approval "${shown.id}" was not resolved: somebody else has changed its input meanwhile; look at it again.`,
  )
}

/** A grant is one person's word: it cannot be given where several must agree, nor for a call that was turned into another tool's. */
function refuseGrant({ id, stages, call }: Approval, { wanted }: CastVote): void {
  const isOneVoice = stages.length === 1 && stages[0]?.quorum === 1
  const isSwitch = wanted?.tool !== undefined && wanted.tool !== call.name
  if (isOneVoice && !isSwitch) return
  const why = isSwitch
    ? 'a grant cannot go with a change of the tool'
    : 'a grant cannot be given where several people must approve'
  throw new GovernanceError('not-permitted', `Approval "${id}" was not resolved: ${why}.`)
}
