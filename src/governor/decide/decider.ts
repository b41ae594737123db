import { chain, isPromiseLike } from '../../ambient.js'
import type { Verdict } from '../../enforce/conclude.js'
import type { Awaitable, Decision } from '../../types.js'
import { type Proposal, tenantOf } from '../proposal.js'
import type { Reader } from '../reader.js'
import { type Assessor, unlessClaimed } from './assess.js'
import type { Assessors } from './assessors.js'
import { type Granted, lift } from './grants.js'
import { type Draft, draftOf, type Recorder } from './record.js'
import type { Requests } from './requests.js'
import type { Attempted, Known, Ruled } from './ruling.js'

/** What deciding needs of a governor. */
export interface DeciderParts {
  readonly assessors: Assessors
  readonly recorder: Recorder
  readonly requests: Requests
  readonly reader: Reader
}

/** From a captured call to a recorded decision: assess ({@link Assessor}), ask if need be ({@link Requests}), record ({@link Recorder}). */
export class Decider {
  readonly #parts: DeciderParts

  constructor(parts: DeciderParts) {
    this.#parts = parts
  }

  /** Assesses and records, as a dry run: of a grant, nothing is used. */
  dryRun(proposal: Proposal): Awaitable<Decision> {
    const { assessors, recorder } = this.#parts
    return chain(assessors.of(tenantOf(proposal)), assessor =>
      chain(assessor.policy(), policy =>
        chain(this.#lookBy(assessor, proposal, policy.version), verdict =>
          chain(recorder.recordAlone(draftOf(proposal, verdict, policy, true)), ({ decision }) => decision),
        ),
      ),
    )
  }

  /** What {@link Decider.dryRun} would decide. Nothing is recorded. */
  look(proposal: Proposal): Awaitable<Verdict> {
    return chain(this.#parts.assessors.of(tenantOf(proposal)), assessor =>
      chain(assessor.policy(), ({ version }) => this.#lookBy(assessor, proposal, version)),
    )
  }

  #lookBy(assessor: Assessor, proposal: Proposal, version: string): Awaitable<Verdict> {
    const { reader } = this.#parts
    return chain(assessor.assess(proposal, 1, { dryRun: true }), verdict =>
      liftIfReadable(reader, proposal, verdict, version),
    )
  }

  /**
   * Decides and records. A refused call has ended with its decision, and is recorded so.
   *
   * @param known what is there under the call's key; without it, a call that is to be held is not recorded
   */
  decide(proposal: Proposal, known: Known | undefined): Awaitable<Ruled> {
    return chain(this.#parts.assessors.of(tenantOf(proposal)), assessor =>
      chain(assessor.policy(), policy => this.#attempt(proposal, known, { assessor, policy }, 1)),
    )
  }

  #attempt(
    proposal: Proposal,
    known: Known | undefined,
    by: { readonly assessor: Assessor; readonly policy: Decision['policy'] },
    attempt: number,
  ): Awaitable<Ruled> {
    const { assessor, policy } = by
    const again = known?.approval?.status === 'approved'
    return chain(assessor.assess(proposal, attempt, { again }), found => {
      const verdict = unlessClaimed(proposal, found, known?.approval, policy.version)
      return chain(this.#settle(draftOf(proposal, verdict, policy), known), ruled => {
        if (ruled === 'grant-used') return this.#attempt(proposal, known, by, attempt)
        return ruled === 'anew' ? this.#attempt(proposal, known, by, attempt + 1) : ruled
      })
    })
  }

  #settle(draft: Draft, known: Known | undefined): Awaitable<Attempted> {
    const { recorder } = this.#parts
    const { result, spends } = draft.verdict
    if (result !== 'allowed') return this.#withhold(draft, known)
    const opening = known?.opening
    return recorder.record(draft, decision =>
      opening === undefined ? { spends } : { spends, receipt: opening(decision) },
    )
  }

  /** A call that would be refused may have begun since it was looked at: what it took of a limit is then its own. */
  #withhold(draft: Draft, known: Known | undefined): Awaitable<Attempted> {
    const { recorder, requests } = this.#parts
    const withheld = (isBegun: boolean): Awaitable<Attempted> => {
      if (isBegun) return 'claimed-by-another'
      if (draft.verdict.result === 'blocked') return recorder.recordRefusal(draft)
      return known === undefined ? 'held' : requests.hold(draft, known)
    }
    return known === undefined ? withheld(false) : chain(this.#isBegun(known.key), withheld)
  }

  /** Nothing is known where the store fails here: then the call stays withheld. */
  #isBegun(key: string): Awaitable<boolean> {
    try {
      const reading = this.#parts.reader.receipt(key)
      return isPromiseLike(reading) ? reading.then(isThere, () => false) : isThere(reading)
    } catch {
      return false
    }
  }
}

function isThere(value: unknown): boolean {
  return value !== undefined
}

/** Where grants cannot be read, there is none. */
async function withoutGrants(lifting: PromiseLike<Granted>, verdict: Verdict): Promise<Verdict> {
  try {
    return (await lifting).verdict
  } catch {
    return verdict
  }
}

function liftIfReadable(
  reader: Reader,
  proposal: Proposal,
  verdict: Verdict,
  policyVersion: string,
): Awaitable<Verdict> {
  const lifting = lift(reader, proposal, verdict, policyVersion)
  return isPromiseLike(lifting) ? withoutGrants(lifting, verdict) : lifting.verdict
}
