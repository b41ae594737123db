import type { EvaluatorCase } from '../evaluator-cases/case.js'
import { type StandInService, standInService } from './stand-in.js'
import type { WireAnswer } from './wire.js'

/** Where a client asks about actions. */
const PATHS = ['/actions/evaluate', '/actions/evaluate/batch', '/actions/submit', '/actions/submit/v2']
/** More requests than a case makes. */
const ALWAYS = 100

/**
 * A stand-in that answers as a case of {@link testEvaluator} has it, also where that is no answer; an answer that is to be
 * late is kept back until `late` settles. Its agent's key is `agent-key`.
 */
export async function standInFor({ answer, trouble }: EvaluatorCase, late: PromiseLike<void>): Promise<StandInService> {
  const service = await standInService({ decide: () => answer as WireAnswer })
  for (const path of PATHS) {
    if (trouble === 'late') service.fault(path, { kind: 'hold', until: late }, ALWAYS)
    // A status that no client tries again.
    if (trouble === 'error') service.fault(path, { kind: 'status', status: 400 }, ALWAYS)
  }
  return service
}
