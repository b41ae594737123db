import { Refusal } from '../../../src/service/protocol/refusal.js'
import { problem } from '../../../src/service/protocol/validate.js'
import type { Service } from '../service.js'

/** @throws Refusal 422 for a word of an outcome that is in no taxonomy */
export function checkStatus({ statuses }: Service, status: string, place: readonly (string | number)[]): void {
  if (statuses.includes(status)) return
  throw new Refusal(422, [problem(place, `Input should be one of ${statuses.join(', ')}`, 'enum')])
}
