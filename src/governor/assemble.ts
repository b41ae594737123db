import { Profiles } from '../capture/profiles.js'
import { Ledger } from '../execute/ledger/ledger.js'
import { AuditLog } from '../report/audit/audit-log.js'
import { Courier } from '../report/courier.js'
import type { EventBody } from '../report/events.js'
import type { Observers } from '../report/observers.js'
import { Reporter } from '../report/reporter.js'
import type { Store } from '../store/store.js'
import { Wakeups } from '../wakeups.js'
import { ApprovedCalls } from './approve/approved.js'
import { BallotBox } from './approve/ballot-box.js'
import { ApprovalDesk } from './approve/desk.js'
import { Edits } from './approve/edits.js'
import { HeldCalls } from './approve/held.js'
import { OutsideAnswers } from './approve/outside-answers.js'
import { Assessors } from './decide/assessors.js'
import { Decider } from './decide/decider.js'
import { LastResort } from './decide/last-resort.js'
import { Recheck } from './decide/recheck.js'
import { Recorder } from './decide/record.js'
import { Requests } from './decide/requests.js'
import { Endings } from './effects/endings.js'
import { Follower } from './effects/follower.js'
import { InFlight } from './effects/in-flight.js'
import { EffectRunner } from './effects/runner.js'
import { Journal } from './journal.js'
import { Learning } from './learning/learning.js'
import { News } from './news.js'
import { Overflow } from './overflow.js'
import type { ResolvedOptions } from './options.js'
import { Lifetime } from './pipeline/lifetime.js'
import { Pipeline } from './pipeline/pipeline.js'
import { Permitter } from './pipeline/permit.js'
import { Preparer } from './pipeline/prepare.js'
import { OnceRunner } from './pipeline/run-once.js'
import { Reader } from './reader.js'

/** The parts of a governor, shared by all of its sessions. */
export interface Parts {
  readonly options: ResolvedOptions
  readonly profiles: Profiles
  readonly journal: Journal
  readonly news: News
  readonly courier: Courier | undefined
  readonly learning: Learning | undefined
  readonly ledger: Ledger
  readonly desk: ApprovalDesk
  readonly pipeline: Pipeline
  readonly reporter: Reporter
  readonly audit: AuditLog | undefined
}

/** Governors in one process that share a store wake each other. */
const wakeupsOf = new WeakMap<Store, Wakeups>()

/**
 * Puts a governor together: the way of a call, from its end to its beginning.
 *
 * @param observers hear of what belongs to no session
 */
export function assemble(options: ResolvedOptions, observers: Observers): Parts {
  const { store, approvals: settings } = options
  const tools = toolsOf(options, observers)
  const { reader, journal, news, courier, learning, ledger, lifetime, audit } = tools
  const parts = { ...tools, store, settings, court: options, closing: lifetime.closing, switches: options }

  const recorder = new Recorder(parts)
  const assessors = new Assessors(options, learning)
  const requests = new Requests({ ...parts, recorder })
  const decider = new Decider({ reader, assessors, recorder, requests })
  const recheck = new Recheck({ assessors, recorder })
  const lastResort = new LastResort({ court: options, assessors, recorder })

  const endings = new Endings(parts)
  const effects = new EffectRunner({ ...parts, endings })
  const follower = new Follower(parts)

  const edits = new Edits({ ...parts, assessors })
  const box = new BallotBox({ ...parts, edits })
  const desk = new ApprovalDesk({ ...parts, box, edits })
  const approved = new ApprovedCalls({ ...parts, recheck, effects })
  const channel = options.evaluator?.answers
  const outside = channel && new OutsideAnswers({ ...parts, channel, desk })
  const held = new HeldCalls({ ...parts, desk, approved, outside })

  const preparer = new Preparer({ ...parts, decider, held, lastResort })
  const permitter = new Permitter({ ...parts, decider, recheck, lastResort, held, approved })
  const deciding = { reader, preparer, decider, recorder, recheck, lastResort }
  const once = new OnceRunner({ ...deciding, held, approved, effects, follower, ledger })
  const pipeline = new Pipeline({
    preparer,
    permitter,
    decider,
    lastResort,
    once,
    effects,
    lifetime,
    shut: shutter(options, tools),
  })
  const { profiles, reporter } = tools
  return { options, profiles, journal, news, courier, learning, ledger, desk, pipeline, reporter, audit }
}

/** What is closed with a governor, and in which order: what is told comes before the store it is told from. */
function shutter(
  { evaluator, store }: ResolvedOptions,
  { courier, audit, learning, stopHearing }: ReturnType<typeof toolsOf>,
): () => Promise<void> {
  return async () => {
    await courier?.close()
    stopHearing?.()
    evaluator?.close?.()
    await learning?.close()
    await audit?.close()
    await store.close()
  }
}

/** What all the stages use. */
function toolsOf(options: ResolvedOptions, observers: Observers) {
  const { store, clock, deadlineMs, leaseMs } = options
  const wakeups = wakeupsOf.get(store) ?? new Wakeups(store)
  wakeupsOf.set(store, wakeups)
  const reporter = new Reporter(clock, options.inputs)
  const tell = (body: EventBody): void => {
    reporter.emit(observers, '', undefined, body)
  }
  const failed = (error: unknown): void => {
    tell({ type: 'store-failed', operation: 'checkpoint', error })
  }
  const { evaluator } = options
  const channel = evaluator?.reports
  const courier = channel && new Courier({ channel, store, overflow: new Overflow(), clock, tell })
  const news = new News(channel && courier && { channel, courier, reporter, clock })
  const erased = (decisionId: string): void => courier?.forget(decisionId)
  const audit =
    options.audit === undefined ? undefined : new AuditLog({ ...options.audit, store, clock, failed, erased })
  const stopHearing = evaluator?.onCircuitChange?.(change => {
    tell({ type: 'circuit-changed', ...change })
  })
  const learning =
    options.learning === undefined
      ? undefined
      : new Learning({
          options: options.learning,
          outcomes: options.outcomes,
          store,
          clock,
          tell,
        })
  const journal = new Journal({ store, clock, deadlineMs, wakeups, audit, courier, learning })
  const lifetime = new Lifetime()
  const ledger = new Ledger({
    store,
    clock,
    leaseMs,
    wakeups,
    closing: lifetime.closing,
    commit: commit => journal.commit(commit),
  })
  const reader = new Reader({ store, clock, deadlineMs })
  const profiles = new Profiles(options.tools)
  const inFlight = new InFlight()
  const reporting = { tell, reporter, audit, courier, news, stopHearing, learning }
  return { ...reporting, clock, deadlineMs, wakeups, journal, lifetime, ledger, reader, profiles, inFlight }
}
