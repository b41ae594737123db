import { notFound, Refusal } from '../../../src/service/protocol/refusal.js'
import { FEATURE_ROUTES } from '../../../src/service/protocol/routes/background.js'
import { problem } from '../../../src/service/protocol/validate.js'
import { answersTo, type Exchange } from '../endpoint.js'
import { partOf } from '../knowledge/decided.js'
import { decisionsOf } from '../knowledge/decisions.js'
import { differences, FEATURES, type Measured, SCHEMA_VERSION } from '../knowledge/features.js'
import { idOf, measure, measuredCase, remember, rowOf } from '../knowledge/measure.js'
import { type Kept, keepRecord, recordId, recordOf, recordsOf } from '../knowledge/records.js'
import { textOf } from '../knowledge/sent.js'
import { timeOf } from '../wire/time.js'

type Sent = Readonly<Record<string, unknown>>

/** What is kept of a snapshot. */
interface Snapshot extends Measured {
  readonly caseId: string | null
  readonly tag: string | null
}

/** What the learner sees of a case, under names. */
export const featureEndpoints = answersTo(FEATURE_ROUTES, {
  'POST /features/compute': async ({ service, body }) => {
    const measured = await measure(service, body)
    await remember(service, [{ id: idOf(body), measured }])
    return writeMeasured(idOf(body), measured)
  },
  'POST /features/compute/batch': computeBatch,
  'POST /features/snapshot': snapshot,
  'POST /features/compare': compare,
  'POST /features/export/batch': exportBatch,
  'GET /features/snapshots': async ({ service, query }) => {
    const limit = (query['limit'] ?? 50) as number
    const { items, total, hasMore } = await partOf(snapshots(service, query), { limit })
    return { snapshots: items.map(writeSnapshot), total, has_more: hasMore }
  },
  'GET /features/schema': () => ({ version: SCHEMA_VERSION, features: FEATURES.map(writeKind) }),
  'GET /features/stats': stats,
  'GET /features/snapshot/{id}': async ({ service, params }) => writeSnapshot(await keptOf(service, params['id'])),
  'GET /features/explain/{id}': async ({ service, params }) => {
    const { source, features } = await measuredCase(service, params['id'] ?? '')
    const explanations = FEATURES.map(kind => ({ ...writeKind(kind), value: features[kind.key] ?? null }))
    return { case_id: params['id'], source, explanations }
  },
  'GET /features/explain/{id}/{key}': async ({ service, params }) => {
    const { source, features } = await measuredCase(service, params['id'] ?? '')
    const kind = FEATURES.find(({ key }) => key === params['key'])
    if (kind === undefined) throw notFound('feature')
    return { case_id: params['id'], source, ...writeKind(kind), value: features[kind.key] ?? null }
  },
  'GET /features/export/{id}': async ({ service, params }) => ({
    case_id: params['id'],
    row: await rowOf(service, params['id'] ?? ''),
  }),
})

/** All of them, or none: a list of which part is missing would be read as whole. */
async function computeBatch({ service, body }: Exchange): Promise<unknown> {
  const lists = ['items', 'cases'] as const
  const sent = lists.flatMap(name =>
    ((body[name] ?? []) as readonly Sent[]).map((item, index) => ({ item, place: ['body', name, index] })),
  )
  const named = ((body['case_ids'] ?? []) as readonly string[]).map((id, index) => ({
    item: { case_id: id },
    place: ['body', 'case_ids', index],
  }))
  const computed = await Promise.all(
    [...sent, ...named].map(async ({ item, place }) => ({
      id: idOf(item),
      measured: await measure(service, item, place),
    })),
  )
  await remember(service, computed)
  const results = computed.map(({ id, measured }) => writeMeasured(id, measured))
  return { results, total: results.length }
}

async function snapshot({ service, body }: Exchange): Promise<unknown> {
  const id = recordId('snap', service)
  const caseId = idOf(body)
  const kept: Snapshot = {
    ...(await measure(service, body)),
    caseId: caseId ?? null,
    tag: textOf(body['tag']) ?? null,
  }
  await keepRecord(service, 'feature-snapshot', { id, body: kept, ref: caseId })
  return writeSnapshot(await keptOf(service, id))
}

async function keptOf(service: Exchange['service'], id = ''): Promise<Kept<Snapshot>> {
  const kept = await recordOf<Snapshot>(service, 'feature-snapshot', id)
  if (kept === undefined) throw notFound('snapshot')
  return kept
}

async function* snapshots(service: Exchange['service'], query: Exchange['query']) {
  const tag = textOf(query['tag'])
  for await (const kept of recordsOf<Snapshot>(service, 'feature-snapshot', textOf(query['case_id'])))
    if ((tag ?? kept.body.tag) === kept.body.tag) yield kept
}

async function compare({ service, body }: Exchange): Promise<unknown> {
  const [a, b] = [await side(service, body, 'a'), await side(service, body, 'b')]
  const changed = differences(a.measured.features, b.measured.features, body['changed_only'] !== false)
  return { a: a.of, b: b.of, differences: changed, total: changed.length, compared: FEATURES.length }
}

/** @throws Refusal 404, or 422 where neither a snapshot nor a case is named */
async function side(service: Exchange['service'], body: Sent, letter: 'a' | 'b') {
  const snapshotId = textOf(body[`snapshot_id_${letter}`])
  const caseId = textOf(body[`case_id_${letter}`])
  if (snapshotId !== undefined) {
    return { of: { snapshot_id: snapshotId }, measured: (await keptOf(service, snapshotId)).body }
  }
  if (caseId !== undefined) return { of: { case_id: caseId }, measured: await measuredCase(service, caseId) }
  const message = `Give snapshot_id_${letter} or case_id_${letter}`
  throw new Refusal(422, [problem(['body', `snapshot_id_${letter}`], message, 'value_error')])
}

async function exportBatch({ service, body }: Exchange): Promise<unknown> {
  const ids = (body['case_ids'] ?? []) as readonly string[]
  const rows = await Promise.all(ids.map(async id => rowOf(service, id)))
  return { rows, total: rows.length, columns: ['case_id', 'label', ...FEATURES.map(({ key }) => key)] }
}

/** `measured`: decisions whose features are kept. */
async function stats({ service }: Exchange): Promise<unknown> {
  let [cases, measured, kept] = [0, 0, 0]
  for await (const { record } of decisionsOf(service)) {
    cases++
    if (record.learned?.view !== undefined) measured++
  }
  for await (const _ of snapshots(service, {})) kept++
  return { cases, measured, snapshots: kept, features: FEATURES.length, schema_version: SCHEMA_VERSION }
}

function writeMeasured(caseId: string | undefined, { source, features }: Measured) {
  return { case_id: caseId ?? null, source, features, schema_version: SCHEMA_VERSION }
}

function writeSnapshot({ id, at, body }: Kept<Snapshot>) {
  return {
    snapshot_id: id,
    ...writeMeasured(body.caseId ?? undefined, body),
    tag: body.tag,
    created_at: timeOf(at),
  }
}

function writeKind({ key, group, says, type, needsPast }: (typeof FEATURES)[number]) {
  return { feature: key, group, type, description: says, needs_past: needsPast }
}
