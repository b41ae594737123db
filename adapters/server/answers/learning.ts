import { LEVELS } from '../../../src/learn/hierarchy.js'
import type { Exchange } from '../endpoint.js'
import { casesOf } from '../knowledge/case.js'
import { textOf } from '../knowledge/sent.js'
import { partOf } from '../knowledge/decided.js'
import { keepRecord, recordId, recordsOf } from '../knowledge/records.js'
import { snake } from '../wire/snake.js'
import { whyNone } from '../wire/precedent.js'
import { timeOf } from '../wire/time.js'

/** What is kept of a run. */
interface LearningRun {
  readonly kind: 'recompute' | 'backfill'
  readonly status: 'completed' | 'skipped'
  readonly startedAt: number
  readonly finishedAt: number
  readonly requested: Readonly<Record<string, unknown>>
  readonly requestedBy: string | null
  /** Decisions that were looked at, and those of which somebody said how they turned out. */
  readonly cases: number
  readonly labelled: number
  readonly note: string
}

const USUAL_RUNS = 50
/** Changes when the same lessons would give another model. */
const STRATEGY_VERSION = 1
const DONE = 'Every lesson in the store has been learnt, in order: learning goes on by itself, and a run waits for it'

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
  return { runs: items.map(({ id, body }) => writeRun(id, body)), has_more: hasMore }
}

/** Waits until everything is learnt that was taught. There is nothing to compute anew: the same lessons give the same model. */
export async function recompute(exchange: Exchange): Promise<unknown> {
  return run(exchange, 'recompute')
}

/** Likewise: outcomes teach when they are reported, however late, so that there is nothing to make up for. */
export async function backfill(exchange: Exchange): Promise<unknown> {
  return run(exchange, 'backfill')
}

async function run({ service, principal, body }: Exchange, kind: LearningRun['kind']): Promise<unknown> {
  const startedAt = service.clock.now()
  // Asking how autonomy stands waits until all lessons are learnt.
  if (service.learns) await service.governor.autonomy.report()
  const { cases, labelled } = await counts(service, body)
  const id = recordId('run', service)
  const done: LearningRun = {
    kind,
    status: service.learns ? 'completed' : 'skipped',
    startedAt,
    finishedAt: service.clock.now(),
    requested: body,
    requestedBy: principal?.name ?? null,
    cases,
    labelled,
    note: whyNone(service) ?? DONE,
  }
  await keepRecord(service, 'learning-run', { id, body: done })
  return writeRun(id, done)
}

async function counts(service: Exchange['service'], body: Exchange['body']) {
  const [domain, family, limit] = [textOf(body['domain']), textOf(body['action_family']), body['limit'] ?? 5000]
  let [cases, labelled] = [0, 0]
  for await (const known of casesOf(service)) {
    if (cases >= (limit as number)) break
    if (known.source === 'import' || known.verdict === 'DRY_RUN') continue
    if ((domain ?? known.domain) !== known.domain || !known.action.startsWith(family ?? '')) continue
    cases++
    if (known.label !== undefined) labelled++
  }
  return { cases, labelled }
}

function writeRun(id: string, done: LearningRun) {
  const { kind, status, startedAt, finishedAt, requested, requestedBy, cases, labelled, note } = done
  return {
    run_id: id,
    job_id: id,
    kind,
    status,
    started_at: timeOf(startedAt),
    finished_at: timeOf(finishedAt),
    requested,
    requested_by: requestedBy,
    cases,
    labelled,
    note,
  }
}
