import { notFound, Refusal } from '../../../src/service/protocol/refusal.js'
import { problem } from '../../../src/service/protocol/validate.js'
import { draftDocument, findDocument, writeDocuments } from '../documents.js'
import type { Service } from '../service.js'
import type { ImportedCase } from './case.js'
import { type Decided, decidedOf } from './decided.js'
import { featuresOfDecision, featuresOfSent, type Measured } from './features.js'
import { recordOf } from './records.js'
import { fieldsOf, isGiven, textOf } from './sent.js'

type Sent = Readonly<Record<string, unknown>>

/** How long what was computed is known by the id it came with. */
const COMPUTED_MS = 30 * 86_400_000

/** Of a case that is known here, as it was decided; else of what was sent. @throws Refusal 422 where nothing was */
export async function measure(service: Service, sent: Sent, place: readonly (string | number)[] = ['body']) {
  const id = idOf(sent)
  const known = id === undefined ? undefined : await findMeasured(service, id)
  if (known?.source === 'recorded') return known
  const call = isGiven(sent['case_data']) ? fieldsOf(sent['case_data']) : sent
  if (isGiven(call['tool']) || isGiven(call['action'])) return featuresOfSent(call)
  if (known !== undefined) return known
  const message = 'Give the id of a case that is known here, or a call with `tool` or `action`'
  throw new Refusal(422, [problem([...place, 'case_data'], message, 'value_error')])
}

async function findMeasured(service: Service, id: string): Promise<Measured | undefined> {
  const decided = await decidedOf(service, id)
  if (decided !== undefined) return featuresOfDecision(decided.record)
  const imported = await recordOf<ImportedCase>(service, 'imported-case', id)
  if (imported !== undefined) return featuresOfSent(imported.body.sent)
  return (await recordOf<Measured>(service, 'computed-features', id))?.body
}

/**
 * Keeps what was computed of calls that have an id, for a while: a client takes a snapshot of it, or compares it, by that id alone.
 * Nothing is kept of a case that is known here, nor of what the features are of.
 */
export async function remember(
  service: Service,
  computed: readonly { readonly id: string | undefined; readonly measured: Measured }[],
): Promise<void> {
  const byId = new Map(
    computed.flatMap(({ id, measured }) =>
      id === undefined || measured.source === 'recorded' ? [] : [[id, measured]],
    ),
  )
  const expiresAt = service.clock.now() + COMPUTED_MS
  const drafts = [...byId].map(async ([id, body]) => {
    const known = await findDocument(service, 'computed-features', id)
    return draftDocument(service, { kind: 'computed-features', id, body, expiresAt }, known)
  })
  // Where somebody else computes the same at this moment, that is what is kept.
  if (byId.size > 0) await writeDocuments(service, await Promise.all(drafts))
}

/** @throws Refusal 404 */
export async function measuredCase(service: Service, id: string): Promise<Measured> {
  const measured = await findMeasured(service, id)
  if (measured === undefined) throw notFound('features of the case')
  return measured
}

/** Flat, with what the case turned out to be: 1 where that is bad, 0 where it is good. */
export async function rowOf(service: Service, id: string) {
  const { features } = await measuredCase(service, id)
  const decided = await decidedOf(service, id)
  return { case_id: id, label: labelIn(decided), ...features }
}

function labelIn(decided: Decided | undefined): 0 | 1 | null {
  if (decided?.label === undefined) return null
  return decided.label.kind === 'bad' ? 1 : 0
}

/** The id that a call came with. */
export function idOf(sent: Sent): string | undefined {
  return textOf(sent['case_id'])
}
