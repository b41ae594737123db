import type { Lesson } from 'countersign'
import { present } from '../../../src/ambient.js'
import { readLabel, writeLabel } from '../../../src/learn/lesson.js'
import type { Service } from '../service.js'
import { type Case, casesOf } from './case.js'
import type { Going } from './learning-job.js'
import { teachImport } from './teaching.js'

/** Which cases are looked at: the newest, so many at most. */
export interface CaseChoice {
  readonly domain: string | undefined
  /** What the action begins with. */
  readonly family: string | undefined
  readonly limit: number
}

/** Lessons read at once, and written at once. */
const PAGE = 1000
const WRITTEN = 100
/** Whoever is not known by name is one source: without one, what he says would be trusted without bound. */
const NOBODY_NAMED = '(backfilled)'

/** The cases that a choice names; dry runs are none. */
export async function* chosenCases(
  service: Service,
  { domain, family, limit }: CaseChoice,
): AsyncGenerator<Case, void, undefined> {
  let seen = 0
  for await (const known of casesOf(service)) {
    if (seen >= limit) return
    if ((domain ?? known.domain) !== known.domain || !known.action.startsWith(family ?? '')) continue
    seen++
    yield known
  }
}

/**
 * Teaches what turned out one way or the other and was not learnt: imported cases that were there before they were learnt from, and decisions
 * whose answer or outcome came while learning was not switched on. What was taught is not taught again.
 */
export async function backfillCases(
  service: Service,
  choice: CaseChoice,
  say: (going: Going) => Promise<void>,
): Promise<Going> {
  const open = new Map<string, Case>()
  const going = { cases: 0, labelled: 0, lessons: 0, progress: 0 }
  for await (const known of chosenCases(service, choice)) {
    going.cases++
    going.progress = going.cases / choice.limit / 2
    if (known.label !== undefined) {
      going.labelled++
      // A decision that was made while learning was off holds nothing to learn from.
      if (known.source === 'decision' && known.isTaught) open.set(known.id, known)
      else if (
        known.source === 'import' &&
        !known.isTaught &&
        (await teachImport(service, known.id))?.isTaught === true
      )
        going.lessons++
    }
    await say(going)
  }
  await leaveOutTaught(service, open, () => say(going))
  const missing = [...open.values()].toReversed()
  for (let index = 0; index < missing.length; index += WRITTEN) {
    const lessons = missing.slice(index, index + WRITTEN).map(known => lessonOf(service, known))
    const { committed } = await service.store.commit({ at: service.clock.now(), lessons })
    if (committed) going.lessons += lessons.length
    await say(going)
  }
  return going
}

/** Takes those out of whose label the lessons speak; an erased lesson is not written again. */
async function leaveOutTaught({ store }: Service, open: Map<string, Case>, say: () => Promise<void>): Promise<void> {
  for (let after = 0; open.size > 0;) {
    const page = await store.readLessons({ after, limit: PAGE })
    for (const { decisionId, kind, body } of page) {
      if (kind !== 'label' || !open.has(decisionId)) continue
      const said = readLabel(body)
      if (body === '' || (said !== undefined && 'isBad' in said)) open.delete(decisionId)
    }
    const last = page.at(-1)
    if (last === undefined) return
    after = last.seq
    await say()
  }
}

function lessonOf({ tenant, clock }: Service, { id, label, outcomes }: Case): Lesson {
  const source = label?.source === 'outcome' ? 'outcome' : 'person'
  const by = (source === 'outcome' ? outcomes.at(-1)?.reportedBy : undefined) ?? NOBODY_NAMED
  const body = writeLabel({ isBad: label?.kind === 'bad', source, by })
  return { decisionId: id, ...present({ tenant }), kind: 'label', body, at: clock.now() }
}
