import { LEVELS } from '../../../src/learn/hierarchy.js'
import type { Exchange } from '../endpoint.js'
import { backfillCases, type CaseChoice, chosenCases } from '../knowledge/backfill.js'
import { partOf } from '../knowledge/decided.js'
import { beginRun, type Going, isUnderWay, type LearningRun, type Work } from '../knowledge/learning-job.js'
import { keepRecord, type Kept, recordId, recordsOf } from '../knowledge/records.js'
import { textOf } from '../knowledge/sent.js'
import type { Service } from '../service.js'
import { snake } from '../wire/snake.js'
import { whyNone } from '../wire/precedent.js'
import { timeOf } from '../wire/time.js'

const USUAL_RUNS = 50
/** Changes when the same lessons would give another model. */
const STRATEGY_VERSION = 1
const USUAL_CASES = 5000
const RELEARNT = 'What was known has been learnt anew, from all lessons that the store has'
const FILLED = 'What had turned out one way or the other and was not learnt has been learnt'

/** How is learnt, and what that has come to. */
export async function strategy({ service }: Exchange): Promise<unknown> {
  const autonomy = await service.governor.autonomy.report()
  return {
    enabled: service.learns,
    reason: whyNone(service),
    strategy: 'online',
    strategy_version: STRATEGY_VERSION,
    description:
      'One risk model a tenant, in the process, taught by every answer of a person and every outcome as it comes',
    rates_of: LEVELS.map(({ name }) => name),
    autonomy: Object.fromEntries(Object.entries(autonomy).map(([of, report]) => [of, snake(report)])),
  }
}

/** Runs that were asked for, newest first. */
export async function runs({ service, query }: Exchange): Promise<unknown> {
  const limit = (query['limit'] ?? USUAL_RUNS) as number
  const { items, hasMore } = await partOf(recordsOf<LearningRun>(service, 'learning-run'), { limit })
  return { runs: items.map(run => writeRun(service, run)), has_more: hasMore }
}

/** Throws away what was learnt, and learns it anew from the store. */
export async function recompute(exchange: Exchange): Promise<unknown> {
  const { service } = exchange
  return run(exchange, 'recompute', async say => {
    const counts = await counted(exchange, say)
    const lessons = await service.governor.lessons.relearn(({ done, of }) =>
      say({ ...counts, progress: of === 0 ? 1 : done / of }),
    )
    return { ...counts, lessons, progress: 1, note: RELEARNT }
  })
}

/** Teaches what was not learnt: what came while learning was not switched on, and what was imported before it was learnt from. */
export async function backfill(exchange: Exchange): Promise<unknown> {
  const { service } = exchange
  return run(exchange, 'backfill', async say => {
    const going = await backfillCases(service, choiceOf(exchange), say)
    // Asking how autonomy stands waits until all lessons are learnt.
    await service.governor.autonomy.report()
    return { ...going, progress: 1, note: FILLED }
  })
}

/** Answers at once, unless it is asked to wait (`async_mode: false`); with the run that is under way, where there is one. */
async function run({ service, principal, body }: Exchange, kind: LearningRun['kind'], work: Work): Promise<unknown> {
  const about = { kind, requested: body, requestedBy: principal?.name ?? null }
  if (!service.learns) return skip(service, about)
  const begun = await beginRun(service, about, work)
  const isWaitedFor = body['async_mode'] === false
  return writeRun(service, isWaitedFor ? ((await begun.done) ?? begun.run) : begun.run)
}

async function skip(
  service: Service,
  about: Pick<LearningRun, 'kind' | 'requested' | 'requestedBy'>,
): Promise<unknown> {
  const [now, id] = [service.clock.now(), recordId('run', service)]
  const skipped: LearningRun = {
    ...about,
    status: 'skipped',
    startedAt: now,
    finishedAt: now,
    aliveAt: now,
    cases: 0,
    labelled: 0,
    lessons: 0,
    progress: 1,
    note: whyNone(service) ?? '',
  }
  await keepRecord(service, 'learning-run', { id, body: skipped })
  return writeRun(service, { id, at: now, body: skipped })
}

async function counted(exchange: Exchange, say: (going: Going) => Promise<void>) {
  const counts = { cases: 0, labelled: 0 }
  for await (const { label } of chosenCases(exchange.service, choiceOf(exchange))) {
    counts.cases++
    if (label !== undefined) counts.labelled++
    await say(counts)
  }
  return counts
}

function choiceOf({ body }: Exchange): CaseChoice {
  const limit = (body['limit'] ?? USUAL_CASES) as number
  return { domain: textOf(body['domain']), family: textOf(body['action_family']), limit }
}

/** One whose process is gone is `interrupted`. */
function writeRun({ clock }: Service, { id, body: run }: Kept<LearningRun>) {
  const { kind, status, startedAt, finishedAt, requested, requestedBy, cases, labelled, lessons, progress, note } = run
  const isCut = status === 'running' && !isUnderWay(run, clock.now())
  return {
    run_id: id,
    job_id: id,
    kind,
    status: isCut ? 'interrupted' : status,
    progress,
    started_at: timeOf(startedAt),
    finished_at: finishedAt === null ? null : timeOf(finishedAt),
    requested,
    requested_by: requestedBy,
    cases,
    labelled,
    lessons,
    note: isCut ? 'Whoever ran it was gone before it was done: begin another' : note,
  }
}
