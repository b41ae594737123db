import type { Service } from '../service.js'
import { type Case, caseOf, caseOfImport, type ImportedCase } from './case.js'
import { type Changed, changeRecord, type Kept } from './records.js'
import { callLike } from './similar.js'

/**
 * An imported case with the lesson that it has turned out as it did; nothing where nobody said how, where that was taught before, or where
 * learning is not switched on. Both are to be committed at once: then it is taught once.
 */
export async function taught(service: Service, kept: Kept<ImportedCase>): Promise<Changed<ImportedCase> | undefined> {
  const known = caseOfImport(kept, service.outcomes)
  const { id, label, isTaught, tool, action, actor, domain, value, target } = known
  if (label === undefined || isTaught || !service.learns) return undefined
  const like = { tool, action, actor, domain, value, target, arguments: known.arguments }
  const { call, scope } = callLike(service, like)
  const lesson = await service.governor.lessons.imported(call, { id, isBad: label.kind === 'bad' }, scope)
  return lesson && { body: { ...kept.body, taught: label.kind }, lesson }
}

/** Teaches an imported case where that was not done before. The case as it is then; nothing where there is none. */
export async function teachImport(service: Service, id: string): Promise<Case | undefined> {
  await changeRecord<ImportedCase>(service, 'imported-case', id, kept => taught(service, kept))
  return caseOf(service, id)
}
