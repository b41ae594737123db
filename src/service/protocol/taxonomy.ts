import { Refusal } from './refusal.js'
import { problem } from './validate.js'

/** @throws Refusal 422 for a word of an outcome that is not one of `statuses` */
export function checkStatus(statuses: readonly string[], status: unknown, place: readonly (string | number)[]): void {
  if (statuses.includes(status as string)) return
  throw new Refusal(422, [problem(place, `Input should be one of ${statuses.join(', ')}`, 'enum')])
}
