import type { DocumentStore } from 'countersign'
import type { Service } from '../service.js'
import { conflict } from '../../../src/service/protocol/refusal.js'
import { draftDocument, findDocument, writeDocuments } from '../documents.js'
import { changeRecord, type Kept, recordId, recordOf } from './records.js'

/** What is kept of a run of learning. */
export interface LearningRun {
  readonly kind: 'recompute' | 'backfill'
  readonly status: 'running' | 'completed' | 'failed' | 'skipped'
  readonly startedAt: number
  /** Null while it runs. */
  readonly finishedAt: number | null
  /** When whoever runs it was last seen at it. */
  readonly aliveAt: number
  readonly requested: Readonly<Record<string, unknown>>
  readonly requestedBy: string | null
  /** Cases that were looked at, and those of which somebody said how they turned out. */
  readonly cases: number
  readonly labelled: number
  /** Lessons that were learnt: anew, or for the first time. */
  readonly lessons: number
  /** 0..1. */
  readonly progress: number
  readonly note: string
}

/** What a run says of itself as it goes. */
export type Going = Partial<Pick<LearningRun, 'cases' | 'labelled' | 'lessons' | 'progress' | 'note'>>

/** Does the work of a run. `say` is cheap: what is said too often is not written. */
export type Work = (say: (going: Going) => Promise<void>) => Promise<Going>

/** Not seen for so long, whoever runs it is taken for dead. */
const DEAD_AFTER_MS = 60_000
/** Progress is written no more often. */
const SAY_EVERY_MS = 1000
const TRIES = 8
/** The one run of a tenant that may be under way. */
const CURRENT = 'current'

/** A run that was begun, or found under way. */
export interface Begun {
  readonly run: Kept<LearningRun>
  /** Ends with it and never rejects; nothing where another one is under way. */
  readonly done: Promise<Kept<LearningRun>> | undefined
}

/** Runs of this process, by the store they are of. */
interface Running {
  isStopped: boolean
  readonly ends: Set<Promise<unknown>>
}
const runningOn = new WeakMap<DocumentStore, Running>()

/** Ends the runs of this process on a store, and waits until that is written down: another process need not wait for them. */
export async function stopRuns(store: DocumentStore): Promise<void> {
  const running = runningOn.get(store)
  if (running === undefined) return
  running.isStopped = true
  await Promise.all(running.ends)
  runningOn.delete(store)
}

/** Whether a run is under way; of one whose process is gone, nobody knows how far it came. */
export function isUnderWay({ status, aliveAt }: LearningRun, now: number): boolean {
  return status === 'running' && now - aliveAt < DEAD_AFTER_MS
}

/**
 * Begins a run, unless one of the tenant is under way, in whatever process: then that is the answer.
 *
 * @throws Refusal 409 where others keep beginning runs
 */
export async function beginRun(
  service: Service,
  about: Pick<LearningRun, 'kind' | 'requested' | 'requestedBy'>,
  work: Work,
): Promise<Begun> {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const known = await findDocument<{ readonly runId: string }>(service, 'learning-job', CURRENT)
    const running = known && (await recordOf<LearningRun>(service, 'learning-run', known.body.runId))
    const now = service.clock.now()
    if (running !== undefined && isUnderWay(running.body, now)) return { run: running, done: undefined }
    const id = recordId('run', service)
    const body: LearningRun = {
      ...about,
      status: 'running',
      startedAt: now,
      finishedAt: null,
      aliveAt: now,
      cases: 0,
      labelled: 0,
      lessons: 0,
      progress: 0,
      note: 'It goes on in the background: ask for the runs again',
    }
    const job = draftDocument(service, { kind: 'learning-job', id: CURRENT, body: { runId: id } }, known)
    const run = draftDocument(service, { kind: 'learning-run', id, body })
    if (!(await writeDocuments(service, [job, run]))) continue
    const kept = { id, at: now, body }
    const here = runningOn.get(service.store) ?? { isStopped: false, ends: new Set() }
    runningOn.set(service.store, here)
    const done = carryOut(service, kept, work, here).finally(() => here.ends.delete(done))
    here.ends.add(done)
    return { run: kept, done }
  }
  throw conflict('changed_meanwhile', 'others keep beginning runs; try again')
}

/** Writes down how it goes, and how it ended. */
async function carryOut(
  service: Service,
  run: Kept<LearningRun>,
  work: Work,
  running: Running,
): Promise<Kept<LearningRun>> {
  const { clock } = service
  let last = run
  const write = async (change: Partial<LearningRun>): Promise<void> => {
    last = { ...last, body: { ...last.body, ...change, aliveAt: clock.now() } }
    await changeRecord<LearningRun>(service, 'learning-run', run.id, async () => ({ body: last.body }))
  }
  const end = async (status: 'completed' | 'failed', going: Going): Promise<void> =>
    write({ ...going, status, finishedAt: clock.now() })
  try {
    const going = await work(async said => {
      if (running.isStopped) throw new Error('the service was closed')
      if (clock.now() - last.body.aliveAt >= SAY_EVERY_MS) await write(said)
    })
    await end('completed', { progress: 1, ...going })
  } catch (error) {
    if (!running.isStopped) service.onError(error)
    const note = running.isStopped
      ? 'The service was closed before it was done: begin another'
      : 'It failed: the log of the service says why'
    await end('failed', { note }).catch(service.onError)
  }
  return last
}
