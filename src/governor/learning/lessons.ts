import type { Approval } from '../../approval.js'
import { meaningOf, type OutcomeMeanings } from '../../learn/insight/label.js'
import { type LabelLesson, writeLabel } from '../../learn/lesson.js'
import type { Commit, Lesson } from '../../store/store.js'
import type { ExecutionRecord, Outcome } from '../../types.js'

/** What a commit teaches: a call was decided on, a person answered, the world did, a tool ran. */
export function lessonsOf(
  commit: Commit,
  meanings: OutcomeMeanings,
  isKnown: (decisionId: string) => boolean,
): readonly Lesson[] {
  const { at, decision, approval, outcome, execution } = commit
  const lessons: Lesson[] = []
  const teach = (decisionId: string, label: LabelLesson | undefined): void => {
    if (label !== undefined) lessons.push({ decisionId, kind: 'label', body: writeLabel(label), at })
  }
  if (decision?.learned?.view !== undefined && decision.dryRun !== true)
    lessons.push({ decisionId: decision.id, kind: 'case', body: '', at })
  if (approval !== undefined) teach(approval.decisionId, answerIn(approval))
  if (outcome !== undefined) teach(outcome.decisionId, meaningIn(outcome, meanings))
  if (execution !== undefined && isKnown(execution.decisionId)) teach(execution.decisionId, endingIn(execution))
  return lessons
}

/** Approved in another form, it was neither right nor wrong as it was proposed; used up later, it was answered before. */
function answerIn(approval: Approval): LabelLesson | undefined {
  if (approval.status !== 'approved' && approval.status !== 'rejected') return undefined
  if (approval.status === 'approved' && approval.edit !== undefined) return undefined
  return { isBad: approval.status === 'rejected', source: 'person', by: approval.by }
}

function meaningIn(outcome: Outcome, meanings: OutcomeMeanings): LabelLesson | undefined {
  const meaning = meaningOf(outcome, meanings)
  if (meaning === 'none') return undefined
  const by = outcome.reportedBy === undefined ? {} : { by: outcome.reportedBy }
  return { isBad: meaning === 'bad', source: 'outcome', ...by }
}

function endingIn({ status }: ExecutionRecord): LabelLesson | undefined {
  return status === 'executed' || status === 'tool_error' ? { failed: status === 'tool_error' } : undefined
}
