import type { Lesson } from 'countersign'
import { newId, present } from '../../../src/ambient.js'
import { conflict } from '../../../src/service/protocol/refusal.js'
import { draftDocument, eachDocument, findDocument, type Kept as Document, writeDocuments } from '../documents.js'
import type { Service } from '../service.js'

/** What is kept here besides decisions, by kind. */
export type RecordKind =
  | 'imported-case'
  | 'calibration-observation'
  | 'computed-features'
  | 'feature-snapshot'
  | 'ingested-event'
  | 'external-ref'
  | 'learning-run'
  | 'learning-job'

/** One record with what was kept in it. */
export interface Kept<BODY> {
  readonly id: string
  /** Epoch milliseconds of its first revision. */
  readonly at: number
  readonly body: BODY
}

type Owner = Pick<Service, 'store' | 'tenant' | 'clock'>

/** Whoever changes one record at the same time is not that many. */
const TRIES = 8

/** Keeps a new record; `false`, and nothing is changed, where there is one of this id. */
export function keepRecord(
  owner: Owner,
  kind: RecordKind,
  { id, body, ref }: { readonly id: string; readonly body: unknown; readonly ref?: string | undefined },
): Promise<boolean> {
  return writeDocuments(owner, [draftDocument(owner, { kind, id, body, ...present({ ref }) })])
}

/** An id for a new record: ids are ordered by time. */
export function recordId(prefix: string, { clock }: Pick<Owner, 'clock'>): string {
  return `${prefix}_${newId(clock.now())}`
}

/** One record of this tenant. */
export async function recordOf<BODY>(owner: Owner, kind: RecordKind, id: string): Promise<Kept<BODY> | undefined> {
  const found = await findDocument<BODY>(owner, kind, id)
  return found && record(found)
}

/** What a record becomes. */
export interface Changed<BODY> {
  readonly body: BODY
  /** What is learnt with it. */
  readonly lesson?: Lesson | undefined
}

/** Changes a record by what is in it now, or leaves it where nothing is given back; nothing where there is none. @throws Refusal 409 where others keep changing it */
export async function changeRecord<BODY>(
  owner: Owner,
  kind: RecordKind,
  id: string,
  change: (kept: Kept<BODY>) => Promise<Changed<BODY> | undefined>,
): Promise<BODY | undefined> {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const known = await findDocument<BODY>(owner, kind, id)
    if (known === undefined) return undefined
    const changed = await change(record(known))
    if (changed === undefined) return known.body
    const { body, lesson } = changed
    const { kind: _kind, body: _body, ...place } = known.document
    const next = draftDocument(owner, { ...place, kind, body }, known)
    if (await writeDocuments(owner, [next], undefined, lesson === undefined ? [] : [lesson])) return body
  }
  throw conflict('changed_meanwhile', 'others keep changing this; try again')
}

/** All records of a kind, newest first, one page at a time. */
export async function* recordsOf<BODY>(
  owner: Owner,
  kind: RecordKind,
  ref?: string,
): AsyncGenerator<Kept<BODY>, void, undefined> {
  for await (const kept of eachDocument<BODY>(owner, { kind, ...present({ ref }) })) yield record(kept)
}

function record<BODY>({ document: { id, at }, body }: Document<BODY>): Kept<BODY> {
  return { id, at, body }
}
