import { Refusal } from '../../../src/service/protocol/refusal.js'
import { RULE_ROUTES } from '../../../src/service/protocol/routes/rules.js'
import { bodyProblems, isRecord, type Problem, problem } from '../../../src/service/protocol/validate.js'
import { said } from '../wire/said.js'

/** What calls of one domain may do, in the words of the wire. */
export interface Constraint {
  readonly name: string
  /** A name, or a pattern such as `pay*`; `*` is every domain. */
  readonly domain: string
  /** Calls in 24 hours. */
  readonly max_per_day: number
  readonly max_value: number
  readonly min_value?: number
  readonly require_approval_above?: number
  /** Calls in an hour. */
  readonly max_per_hour?: number
  /** Seconds between two calls. */
  readonly cooldown_seconds?: number
  /** Hour of the day, UTC, from which calls may be made. @defaultValue 0 */
  readonly allowed_hours_start?: number
  /** Hour of the day, UTC, until which calls may be made; before `allowed_hours_start`, of the next day. @defaultValue 24 */
  readonly allowed_hours_end?: number
  readonly tags?: readonly string[]
  readonly metadata?: Readonly<Record<string, unknown>>
  readonly description?: string
}

const SHAPE = RULE_ROUTES['POST /rules'].body
/** More calls than anybody counts, and few enough for every store's whole numbers. */
const MAX_COUNT = 1_000_000_000
const MAX_COOLDOWN_SECONDS = 366 * 86_400
const MAX_TEXT = 200

/** The constraint that fields are, without those that say nothing. @throws Refusal 422, with the place of everything that is wrong */
export function constraintOf(fields: Readonly<Record<string, unknown>>): Constraint {
  const given = said(fields)
  const problems = bodyProblems(given, SHAPE)
  if (problems.length > 0) throw new Refusal(422, problems)
  const constraint = given as unknown as Constraint
  const senseless = meaningProblems(constraint)
  if (senseless.length > 0) throw new Refusal(422, senseless)
  return constraint
}

function meaningProblems(constraint: Constraint): readonly Problem[] {
  const { name, domain, max_value: max, min_value: min = max, cooldown_seconds: cooldown = 0 } = constraint
  const { allowed_hours_start: from = 0, allowed_hours_end: to = 24 } = constraint
  return [
    ...Object.entries(constraint)
      .filter(([, value]) => typeof value === 'number' && !Number.isFinite(value))
      .map(([field]) => wrong(field, 'Input should be a finite number')),
    ...(['max_per_day', 'max_per_hour'] as const)
      .filter(field => (constraint[field] ?? 0) > MAX_COUNT)
      .map(field => wrong(field, `Input should be less than or equal to ${MAX_COUNT}`)),
    ...(isText(name) ? [] : [wrong('name', `Input should have 1 to ${MAX_TEXT} characters`)]),
    ...(isText(domain) && !domain.startsWith('!')
      ? []
      : [wrong('domain', 'Input should be the name of a domain, or a pattern such as pay*')]),
    ...(min > max ? [wrong('min_value', 'Input should be less than or equal to max_value')] : []),
    ...(cooldown < 0 || cooldown > MAX_COOLDOWN_SECONDS
      ? [wrong('cooldown_seconds', `Input should be from 0 to ${MAX_COOLDOWN_SECONDS}`)]
      : []),
    ...(from === to
      ? [wrong('allowed_hours_end', 'Input should differ from allowed_hours_start; leave both out for the whole day')]
      : []),
  ]
}

function wrong(field: string, message: string): Problem {
  return problem(['body', field], message, 'value_error')
}

function isText(text: string): boolean {
  return text.trim() !== '' && text.length <= MAX_TEXT
}

/** Whether a domain is spelt out, so that there is one count of its calls. */
export function isPlain(domain: string): boolean {
  return !domain.includes('*')
}

/** The fields of something that may be no record at all. @throws Refusal 422 */
export function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  if (isRecord(value)) return value
  throw new Refusal(422, { code: 'invalid_patch', message: 'the rule would be no rule any more' })
}
