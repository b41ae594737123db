import type { DecisionRecord, OutcomeReport } from 'countersign'
import { newId } from '../../../src/ambient.js'
import { writeOutcome } from '../../../src/report/outcome.js'
import type { Service } from '../service.js'
import { reportEnded } from '../endings.js'
import type { ImportedCase } from './case.js'
import { decidedOf } from './decided.js'
import { taught } from './teaching.js'
import { changeRecord, recordOf } from './records.js'

/** Reports an outcome to the decisions and imported cases of these ids, as far as there are any. The ids of those. */
export async function reportTo(
  service: Service,
  ids: Iterable<string>,
  report: Omit<OutcomeReport, 'decisionId'>,
): Promise<readonly string[]> {
  const decisions: DecisionRecord[] = []
  const imports: string[] = []
  for (const id of ids) {
    const decided = await decidedOf(service, id)
    if (decided !== undefined && decided.record.dryRun !== true) decisions.push(decided.record)
    else if ((await recordOf(service, 'imported-case', id)) !== undefined) imports.push(id)
  }
  await reportEnded(service, decisions, report)
  for (const id of imports) await reportToImport(service, { ...report, decisionId: id })
  return [...decisions.map(({ id }) => id), ...imports]
}

/** Keeps an outcome with an imported case, and teaches what it says. @throws GovernanceError `invalid-call` */
export async function reportToImport(service: Service, report: OutcomeReport): Promise<void> {
  const at = service.clock.now()
  const outcome = writeOutcome(report, newId(at), at)
  await changeRecord<ImportedCase>(service, 'imported-case', report.decisionId, async kept => {
    const reported = { ...kept, body: { ...kept.body, outcomes: [...kept.body.outcomes, outcome] } }
    return (await taught(service, reported)) ?? reported
  })
}
