import type { Store, StoredLesson } from '../store/store.js'
import type { RecentMap } from '../recent-map.js'
import type { AutonomyChange } from '../types.js'
import { type LabelLesson, readLabel, type Veto } from './lesson.js'
import type { KeptCase, Pupil } from './pupil.js'

/** A lesson with all that is needed to teach it. */
type Lecture =
  | { readonly tenant: string | undefined; readonly veto: Veto }
  | {
      readonly tenant: string | undefined
      readonly kept: KeptCase
      /** Whether a call was decided on. */
      readonly isCase: boolean
      readonly said: Exclude<LabelLesson, Veto> | undefined
    }

/**
 * Puts a lesson together with its case; nothing where there is nothing to learn from it.
 *
 * @param known cases that are at hand; those that are read come to them
 */
export async function lectureOf(
  { decisionId, tenant, kind, body }: StoredLesson,
  store: Pick<Store, 'getDecision'>,
  known: RecentMap<string, KeptCase>,
): Promise<Lecture | undefined> {
  const said = kind === 'label' ? readLabel(body) : undefined
  if (said !== undefined && 'autonomyOf' in said) return { tenant, veto: said }
  const kept =
    said !== undefined && 'view' in said
      ? { decisionId, view: said.view, risk: 0, autonomy: undefined, trajectoryId: undefined, tenant }
      : (known.get(decisionId) ?? (await fetchCase(decisionId, store, known)))
  return kept && { tenant: kept.tenant, kept, isCase: kind === 'case', said }
}

/** Teaches it. What that changes about what may be let through, and of which calls. */
export function give(
  lecture: Lecture,
  pupil: Pupil,
): { readonly of: string; readonly change: AutonomyChange } | undefined {
  if ('veto' in lecture) {
    const { autonomyOf: of, vetoed } = lecture.veto
    return { of, change: pupil.gate(of).veto(vetoed) }
  }
  const { kept, isCase, said } = lecture
  if (isCase) pupil.meet(kept)
  const change = said && pupil.learn(kept, said)
  return change && kept.autonomy && { of: kept.autonomy.of, change }
}

async function fetchCase(
  decisionId: string,
  store: Pick<Store, 'getDecision'>,
  known: RecentMap<string, KeptCase>,
): Promise<KeptCase | undefined> {
  const decision = await store.getDecision(decisionId)
  const { view, risk = 0, autonomy } = decision?.learned ?? {}
  if (decision === undefined || view === undefined) return undefined
  const { sessionId: trajectoryId, tenant } = decision
  const kept = { decisionId, view, risk, autonomy, trajectoryId, tenant }
  known.set(decisionId, kept)
  return kept
}
